"""Completions for ticket id, queue id and tone."""

import re

from servicekit.storage.search_terms import fold
from ticketing_mcp.models.identifiers import ticket_id
from ticketing_mcp.ports.desk import Desk

_SUGGESTIONS = 20
_NUMBER = re.compile(r"t?-?(?P<digits>[1-9][0-9]{0,8})?")
_TONES = ("plain", "formal", "friendly")


class TicketCompletions:
    """Suggests values of the caller's tenant and granted queues."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ticket_id(self, prefix: str) -> list[str]:
        """Matching ticket ids, newest first; the prefix T- is optional."""
        typed = _NUMBER.fullmatch(fold(prefix).strip())
        if typed is None:
            return []
        digits = typed["digits"]
        found = await self._desk.numbers(int(digits) if digits else None, _SUGGESTIONS)
        return [ticket_id(number) for number in found]

    async def queue_id(self, prefix: str) -> list[str]:
        """Matching queue ids, sorted."""
        return [queue.id for queue in await self._desk.queues() if queue.id.startswith(fold(prefix).strip())]

    async def tone(self, prefix: str) -> list[str]:
        """Matching tones of a reply."""
        return [tone for tone in _TONES if tone.startswith(fold(prefix).strip())]
