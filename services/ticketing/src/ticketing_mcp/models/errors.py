"""Refusals that several tools share. They repeat the argument, which is a valid identifier."""

from collections.abc import Iterable

from servicekit.core import Refused
from ticketing_mcp.models.identifiers import MacroId, QueueId, TicketId, UserId


def unknown_ticket(ticket_id: TicketId) -> Refused:
    """The ticket does not exist in this tenant, or its queue is not granted to the caller."""
    return Refused(f"No ticket {ticket_id}. Find it with search_tickets, by its words or requester.")


def unknown_queue(queue_id: QueueId) -> Refused:
    """The queue does not exist in this tenant, or is not granted to the caller."""
    return Refused(f"No queue {queue_id}. Take an id from list_queues.")


def unknown_macro(macro_id: MacroId) -> Refused:
    return Refused(f"No macro {macro_id}. Take an id from list_macros.")


def not_a_member(user_id: UserId, queue_id: QueueId, members: Iterable[str]) -> Refused:
    names = ", ".join(sorted(members)) or "none"
    return Refused(f"{user_id} is not a member of the queue {queue_id}. Assign one of its members: {names}.")
