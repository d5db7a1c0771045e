"""Refusals that several tools share. They repeat the argument, which is a valid identifier."""

from collections.abc import Iterable

from servicekit.core import Refused
from servicekit.schema import show_line, unknown_value
from ticketing_mcp.models.identifiers import Assignee, MacroId, QueueId, TicketId, UserId
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


def unknown_assignee(given: Assignee, staff: Iterable[User], argument: str = "assignee_id") -> Refused:
    """The user does not exist in this tenant, or is a requester."""
    known = {user.id: _part_of_name(user, given) for user in staff}
    return unknown_value(argument, "staff member", given, known, "search_users with kind=staff finds them.")


def _part_of_name(user: User, given: str) -> str:
    """The first or last name that begins as a given single word does, else the whole name: a slip in one word of a name
    leaves little in common with the whole."""
    words = [word for word in user.name.split() if word[:1].casefold() == given[:1].casefold()]
    return words[0] if words and " " not in given else user.name


def ambiguous_assignee(staff: Iterable[User], argument: str = "assignee_id") -> Refused:
    """Several staff members have the name."""
    ids = ", ".join(f"{user.id} ({', '.join(user.queues) or 'in no queue'})" for user in staff)
    return Refused(f"Several staff members have this name ({argument}): {ids}. Give one of these ids.")


def not_on_the_staff(subject: str) -> Refused:
    """The caller asked for itself, and the desk has no staff member with the id or e-mail address of its sign-in."""
    return Refused(
        f"`me` is {show_line(subject)}, who is not on the staff of this desk. search_users with kind=staff finds the "
        "others."
    )


def not_a_member(user_id: UserId, queue_id: QueueId, members: Iterable[str]) -> Refused:
    found_by = f"Assign a member of the queue {queue_id}; get_queue lists them."
    return unknown_value("assignee_id", f"member of the queue {queue_id}", user_id, sorted(members), found_by)
