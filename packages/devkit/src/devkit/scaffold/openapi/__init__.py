"""Makes a server from an OpenAPI description: read tools from GET operations, their models, tests and simulator."""
