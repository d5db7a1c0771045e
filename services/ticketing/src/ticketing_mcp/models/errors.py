"""Refusals that several tools share. They repeat the argument, which is a valid identifier."""

from collections.abc import Iterable

from servicekit.core import Refused
from servicekit.schema import unknown_value
from ticketing_mcp.models.identifiers import MacroId, QueueId, TicketId, UserId
from ticketing_mcp.models.macros import Macro
from ticketing_mcp.models.queues import Queue
from ticketing_mcp.models.users import User


def unknown_ticket(ticket_id: TicketId) -> Refused:
    """The ticket does not exist in this tenant, or its queue is not granted to the caller."""
    return Refused(f"No ticket {ticket_id}. Find it with search_tickets, by its words or requester.")


def unknown_queue(queue_id: QueueId, granted: Iterable[Queue]) -> Refused:
    """The queue does not exist in this tenant, or is not granted to the caller: both read the same."""
    known = {queue.id: queue.name for queue in granted}
    return unknown_value("queue_id", "queue", queue_id, known, "list_queues lists them.")


def unknown_macro(macro_id: MacroId, macros: Iterable[Macro]) -> Refused:
    known = {macro.id: macro.name for macro in macros}
    return unknown_value("macro_id", "macro", macro_id, known, "list_macros lists them.")


def unknown_assignee(user_id: UserId, staff: Iterable[User]) -> Refused:
    """The user does not exist in this tenant, or is a requester."""
    known = {user.id: user.name for user in staff}
    return unknown_value("assignee_id", "staff member", user_id, known, "search_users with kind=staff finds them.")


def not_a_member(user_id: UserId, queue_id: QueueId, members: Iterable[str]) -> Refused:
    found_by = f"Assign a member of the queue {queue_id}; get_queue lists them."
    return unknown_value("assignee_id", f"member of the queue {queue_id}", user_id, sorted(members), found_by)
