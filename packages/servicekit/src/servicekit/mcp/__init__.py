"""The adapter of the MCP SDK: messages in, replies out, subscription streams."""
