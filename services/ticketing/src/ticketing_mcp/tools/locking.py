"""Locks the tickets that a tool will change."""

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


async def lock_pair(writer: TicketWriter, ticket_id: TicketId, other_id: TicketId) -> tuple[Ticket, Ticket]:
    """Lock two tickets in the order of their numbers, which avoids deadlocks.

    Raises:
        Refused: the tickets are the same, or one does not exist.
    """
    if number_of(ticket_id) == number_of(other_id):
        raise Refused(f"Both ids are {ticket_id}. Give two different tickets.")
    both = {}
    for one in sorted((ticket_id, other_id), key=number_of):
        both[one] = await lock_ticket(writer, one)
    return both[ticket_id], both[other_id]
