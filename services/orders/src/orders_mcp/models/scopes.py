"""The scopes of this server's tools."""

from typing import Final

READ: Final = "orders:read"
"""The scope of everything that reads."""
WRITE: Final = "orders:write"
