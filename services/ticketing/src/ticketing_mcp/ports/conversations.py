"""Reading conversations."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.tickets import Comment


class Conversations(Protocol):
    """Reads the comments of tickets."""

    async def comments(self, number: int, count: int, after: int) -> Sequence[Comment] | None:
        """At most `count` comments with a sequence above `after`, oldest first; None for an unknown ticket."""
        ...
