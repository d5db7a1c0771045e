"""How every tool that changes a ticket begins."""

from servicekit.core.errors import Refused
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import TicketId, number_of
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports import TicketWriter


async def lock_ticket(changes: TicketWriter, ticket_id: TicketId) -> Ticket:
    """The ticket as it is now, locked.

    Raises:
        Refused: there is none.
    """
    ticket = await changes.lock(number_of(ticket_id))
    if ticket is None:
        raise unknown_ticket(ticket_id)
    return ticket


async def lock_pair(changes: TicketWriter, ticket_id: TicketId, other_id: TicketId) -> tuple[Ticket, Ticket]:
    """Two tickets, locked in the order of their numbers, so that two calls never wait for each other.

    Raises:
        Refused: they are the same, or one is not there.
    """
    if number_of(ticket_id) == number_of(other_id):
        raise Refused(f"{ticket_id} is given twice. Give another ticket.")
    both = {}
    for one in sorted((ticket_id, other_id), key=number_of):
        both[one] = await lock_ticket(changes, one)
    return both[ticket_id], both[other_id]
