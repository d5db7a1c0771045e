"""Zendesk's records as records of this server."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from ticketing_mcp.adapters.zendesk.audits import TicketPast
from ticketing_mcp.adapters.zendesk.custom_fields import FieldDirectory
from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.wire import WireTicket, WireUser
from ticketing_mcp.models.identifiers import ticket_id
from ticketing_mcp.models.tickets import Link, Priority, Status, Ticket, TicketSummary
from ticketing_mcp.models.users import User

STATUSES: Final[Mapping[str, Status]] = {
    "new": "open", "open": "open", "pending": "pending", "hold": "on-hold", "solved": "closed", "closed": "closed",
}  # fmt: skip
WIRE_STATUSES: Final[Mapping[Status, tuple[str, ...]]] = {
    "open": ("new", "open"), "pending": ("pending",), "on-hold": ("hold",), "closed": ("solved", "closed"),
}  # fmt: skip
"""Zendesk's names of each status; the last one is what a write sets, except `closed`, which only time sets."""
PRIORITIES: Final[Mapping[str | None, Priority]] = {
    None: "normal", "low": "low", "normal": "normal", "high": "high", "urgent": "urgent",
}  # fmt: skip
MERGED: Final = "closed_by_merge"
"""The tag that Zendesk puts on a ticket that was merged into another one."""


def status_of(wire: str) -> Status:
    """The status of Zendesk's. Unknown ones, which a later version may have, are open: work is not hidden."""
    return STATUSES.get(wire, "open")


def summary_of(ticket: WireTicket, users: Mapping[int, WireUser], directory: Directory) -> TicketSummary:
    """A ticket in a list. Into which ticket it was merged stands in its history, which a list does not read."""
    assignee, requester = users.get(ticket.assignee_id or 0), users.get(ticket.requester_id or 0)
    return TicketSummary(
        id=ticket_id(ticket.id),
        title=title_of(ticket),
        status=status_of(ticket.status),
        priority=PRIORITIES.get(ticket.priority, "normal"),
        queue_id=directory.queue_id(ticket.group_id),
        assignee_id=text_of(ticket.assignee_id),
        assignee_name=assignee.name if assignee is not None else None,
        requester_id=str(ticket.requester_id or ""),
        requester_name=requester.name if requester is not None else "",
        tags=ticket.tags,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
    )


def ticket_of(
    ticket: WireTicket,
    users: Mapping[int, WireUser],
    directory: Directory,
    past: TicketPast,
    fields: FieldDirectory,
) -> Ticket:
    requester = users.get(ticket.requester_id or 0)
    return Ticket(
        id=ticket_id(ticket.id),
        title=title_of(ticket),
        body=ticket.description or "",
        status=status_of(ticket.status),
        priority=PRIORITIES.get(ticket.priority, "normal"),
        queue_id=directory.queue_id(ticket.group_id),
        assignee_id=text_of(ticket.assignee_id),
        requester_id=str(ticket.requester_id or ""),
        requester_email=(requester.email if requester is not None else None) or "",
        requester_name=requester.name if requester is not None else "",
        version=version_of(ticket),
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        first_replied_at=_first_reply(ticket, past),
        closed_at=_closed_at(ticket, past),
        resolution=past.resolution if status_of(ticket.status) == "closed" else None,
        merged_at=past.merged_at,
        merged_into=None if past.merged_into is None else ticket_id(past.merged_into),
        is_final=ticket.status == "closed" or None,
        tags=ticket.tags,
        custom_fields=fields.values(ticket.custom_fields),
        cc=_copies(ticket, users),
        comment_count=max((ticket.comment_count or 1) - 1, 0),
        holds=past.holds,
        links=[Link(kind="merged_from", ticket_id=ticket_id(number)) for number in past.merged_from],
    )


def version_of(ticket: WireTicket) -> int:
    """The time of the last change, in seconds: what Zendesk compares with `safe_update`."""
    return int(ticket.updated_at.timestamp())


def stamp_of(ticket: Ticket) -> str:
    """The time of the last change as `updated_stamp`."""
    return f"{ticket.updated_at:%Y-%m-%dT%H:%M:%SZ}"


def user_of(user: WireUser, queues: Iterable[str]) -> User:
    return User(
        id=str(user.id),
        kind="staff" if user.is_staff else "requester",
        email=user.email or "",
        name=user.name,
        queues=sorted(queues),
    )


def title_of(ticket: WireTicket) -> str:
    """The subject as it was written, without Zendesk's placeholders filled in; tickets by chat may have none."""
    return ticket.raw_subject or ticket.subject or (ticket.description or "").partition("\n")[0][:200]


def text_of(number: int | None) -> str | None:
    """A number of Zendesk's as an id here."""
    return None if number is None else str(number)


def _copies(ticket: WireTicket, users: Mapping[int, WireUser]) -> list[str] | None:
    """The addresses that get copies; None where Zendesk did not send one of them."""
    addresses = [users[number].email for number in ticket.email_cc_ids if number in users]
    found = [address for address in addresses if address]
    return found if len(found) == len(ticket.email_cc_ids) else None


def _first_reply(ticket: WireTicket, past: TicketPast) -> datetime | None:
    if past.first_reply is not None:
        return past.first_reply
    metrics = ticket.metric_set
    minutes = metrics.reply_time_in_minutes if metrics is not None else None
    if minutes is None or minutes.calendar is None:
        return None
    return ticket.created_at + timedelta(minutes=minutes.calendar)


def _closed_at(ticket: WireTicket, past: TicketPast) -> datetime | None:
    if status_of(ticket.status) != "closed":
        return None
    solved = ticket.metric_set.solved_at if ticket.metric_set is not None else None
    return past.closed_at or solved or ticket.updated_at
