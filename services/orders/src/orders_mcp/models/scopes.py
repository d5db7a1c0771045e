"""The scopes of this server's tools."""

from typing import Final

READ: Final = "orders:read"
"""The scope of everything that reads."""
WRITE: Final = "orders:write"
APPROVE: Final = "orders:approve"
"""The scope of a second person, who decides about the refunds that others asked for."""
