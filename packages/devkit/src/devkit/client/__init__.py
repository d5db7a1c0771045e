"""How a developer uses the servers: access tokens, API keys, tool calls, configuration of MCP clients."""
