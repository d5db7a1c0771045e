"""Locks the tickets that a tool will change."""

from collections.abc import Iterable

from servicekit.core import Refused
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import TicketId, number_of
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.writing import TicketWriter


async def lock_ticket(writer: TicketWriter, ticket_id: TicketId) -> Ticket:
    """Lock and return the ticket.

    Raises:
        Refused: the ticket does not exist.
    """
    ticket = await writer.lock(number_of(ticket_id))
    if ticket is None:
        raise unknown_ticket(ticket_id)
    return ticket


async def lock_tickets(writer: TicketWriter, ticket_ids: Iterable[TicketId]) -> dict[TicketId, Ticket]:
    """Lock tickets in the order of their numbers, which avoids deadlocks, and return them by id.

    Raises:
        Refused: one does not exist.
    """
    return {one: await lock_ticket(writer, one) for one in sorted(set(ticket_ids), key=number_of)}


async def lock_pair(writer: TicketWriter, ticket_id: TicketId, other_id: TicketId) -> tuple[Ticket, Ticket]:
    """Lock two tickets.

    Raises:
        Refused: the tickets are the same, or one does not exist.
    """
    if number_of(ticket_id) == number_of(other_id):
        raise Refused(f"Both ids are {ticket_id}. Give two different tickets.")
    both = await lock_tickets(writer, (ticket_id, other_id))
    return both[ticket_id], both[other_id]
