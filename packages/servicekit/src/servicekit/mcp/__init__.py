"""The MCP methods for every transport and revision: messages in, results and errors out, subscription streams."""
