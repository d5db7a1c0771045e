"""Reading tags and the definitions of custom fields."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.custom_fields import CustomField
from ticketing_mcp.models.tags import TagUse


class Tags(Protocol):
    """Reads which tags the caller's tickets have."""

    async def tags(self, count: int) -> Sequence[TagUse]:
        """At most `count` tags of the newest tickets, most used first."""
        ...

    async def known_tags(self, tags: Sequence[str]) -> Sequence[str]:
        """Those of `tags` that a ticket has."""
        ...


class CustomFields(Protocol):
    """Reads which custom fields the tickets of a queue have."""

    async def custom_fields(self, queue_id: str) -> Sequence[CustomField] | None:
        """The definitions of a queue, in the order of its form; empty for an unknown queue, None where the adapter
        does not read them."""
        ...
