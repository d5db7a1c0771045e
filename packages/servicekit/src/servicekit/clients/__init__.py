"""How MCP clients are configured for a server: one table for its landing page, the portal and `make connect`."""

from servicekit.clients.connections import Connection, Kind, connections, texts

__all__ = ["Connection", "Kind", "connections", "texts"]
