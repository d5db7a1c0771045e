"""A simulated API, made from an OpenAPI description."""
