"""Streamable HTTP: the MCP endpoint and its stages, the open routes, and the HTTP/1.1 parser's bounds."""
