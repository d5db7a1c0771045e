"""The tool that reads several tickets at once."""

from collections.abc import Sequence

from servicekit.schema import Missing, Record
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import TicketIds, number_of
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.tickets import TicketReader

_ROOM = 44 * 1024
"""Bytes of first messages and resolutions in one result."""


class TicketList(Record):
    """Several tickets, in the order asked for. `notice` says which texts were cut, `missing` which do not exist."""

    tickets: list[Ticket]
    missing: list[Missing] | None = None
    notice: str | None = None


class TicketListTools:
    """Reads several tickets in one statement."""

    def __init__(self, tickets: TicketReader) -> None:
        self._tickets = tickets

    async def get_tickets(self, ticket_ids: TicketIds) -> TicketList:
        """Details of several tickets (cases) at once."""
        asked = list(dict.fromkeys(ticket_ids))
        found = {ticket.id: ticket for ticket in await self._tickets.get_all([number_of(one) for one in asked])}
        if not found:
            raise unknown_ticket(asked[0])
        tickets, cut = _fitted([found[one] for one in asked if one in found])
        absent = [
            Missing(part=one, reason="There is no such ticket, or its queue is not granted to you.")
            for one in asked
            if one not in found
        ]
        return TicketList(tickets=tickets, missing=absent or None, notice=cut)


def _fitted(tickets: Sequence[Ticket]) -> tuple[list[Ticket], str | None]:
    """The tickets with first messages that fit one result together: the longest are cut to one length."""
    sizes = sorted(len(ticket.body.encode()) for ticket in tickets)
    if sum(sizes) <= _ROOM:
        return list(tickets), None
    room, most = _ROOM, 0
    for left, size in zip(range(len(sizes), 0, -1), sizes, strict=True):
        most = room // left
        if size > most:
            break
        room -= size
    cut = [ticket.id for ticket in tickets if len(ticket.body.encode()) > most]
    shown = [
        ticket.model_copy(update={"body": ticket.body.encode()[:most].decode(errors="ignore")})
        if ticket.id in cut
        else ticket
        for ticket in tickets
    ]
    return (
        shown,
        f"Cut: only the beginning of the first message of {', '.join(cut)} is shown. get_ticket has the whole.",
    )
