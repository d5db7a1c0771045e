"""Refusals that several tools share. They may repeat what was asked for: its syntax was checked."""

from collections.abc import Iterable

from servicekit.core.errors import Refused
from ticketing_mcp.models.identifiers import MacroId, QueueId, TicketId, UserId


def unknown_ticket(ticket_id: TicketId) -> Refused:
    """This tenant has no such ticket, or the caller may not see its queue."""
    return Refused(f"No ticket {ticket_id}. Find it by what it is about, or by its requester, with search_tickets.")


def unknown_queue(queue_id: QueueId) -> Refused:
    """This tenant has no such queue, or the caller may not see it."""
    return Refused(f"No queue {queue_id}. list_queues has them all.")


def unknown_macro(macro_id: MacroId) -> Refused:
    """This tenant has no such macro."""
    return Refused(f"No macro {macro_id}. list_macros has them all.")


def not_a_member(user_id: UserId, queue_id: QueueId, members: Iterable[str]) -> Refused:
    """The user does not work on that queue."""
    return Refused(
        f"{user_id} is no member of the queue {queue_id}. Its members are: {', '.join(sorted(members)) or 'nobody'}."
    )
