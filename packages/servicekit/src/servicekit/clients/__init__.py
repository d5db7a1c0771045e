"""How MCP clients are configured for a server: one table for its page, the portal and `make connect`."""

from servicekit.clients.connections import Connection, Kind, connections

__all__ = ["Connection", "Kind", "connections"]
