"""Reading tags."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.tags import TagUse


class Tags(Protocol):
    """Reads which tags the caller's tickets have."""

    async def tags(self, count: int) -> Sequence[TagUse]:
        """At most `count` tags of the newest tickets, most used first."""
        ...

    async def known_tags(self, tags: Sequence[str]) -> Sequence[str]:
        """Those of `tags` that a ticket has."""
        ...
