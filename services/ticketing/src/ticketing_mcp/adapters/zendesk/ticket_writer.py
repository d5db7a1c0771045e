"""Creates and updates tickets.

Zendesk has no transactions: each update names the state that it was computed from (`safe_update`), and Zendesk refuses
it if the ticket changed meanwhile.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from servicekit.core import CallError, OutcomeUnknown, Refused
from servicekit.journal.effect_id import current_effect_id
from ticketing_mcp.adapters.zendesk.api.client import written
from ticketing_mcp.adapters.zendesk.api.errors import NAME, RefusedByZendesk
from ticketing_mcp.adapters.zendesk.audits import KIND, RESOLUTION
from ticketing_mcp.adapters.zendesk.effects import created_ticket, external_id, metadata, written_audit
from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.limits import not_offered
from ticketing_mcp.adapters.zendesk.records import PRIORITIES, WIRE_STATUSES, stamp_of, status_of, text_of, version_of
from ticketing_mcp.adapters.zendesk.tickets import ZendeskTickets
from ticketing_mcp.adapters.zendesk.wire import WireTicket
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.ticket_updates import NewTicket, TicketUpdate
from ticketing_mcp.models.tickets import LinkKind, Status, Ticket

_SET: Final[Mapping[Status, str]] = {status: names[-1] for status, names in WIRE_STATUSES.items()} | {
    "closed": "solved"
}


class ZendeskTicketWriter(ZendeskTickets):
    """`TicketWriter` and `LostWrites` on Zendesk."""

    async def lock(self, number: int) -> Ticket | None:
        """The current state. Zendesk has no locks: `apply` compares it with what is there then."""
        return await self.get(number)

    async def create(self, new: NewTicket) -> Ticket:
        """Create a ticket. Zendesk itself drops a repetition within two hours, by the idempotency key."""
        directory, fields = await asyncio.gather(self.directory(), self.fields())
        content: dict[str, Any] = {
            "subject": new.title,
            "comment": {"body": new.body},
            "priority": new.priority,
            "group_id": _group(new.queue_id, directory),
            "requester": {"email": new.requester_email.lower(), "name": new.requester_name},
            "external_id": external_id(),
            "tags": list(new.tags),
            "custom_fields": fields.to_write(new.custom_fields),
            "metadata": metadata(),
        }
        headers = {"Idempotency-Key": current_effect_id()}
        data = await self._api.write(
            "POST", ("tickets",), {"ticket": content}, "a new ticket", headers=headers, idempotent=True
        )
        return await self._reload(written(WireTicket, _member(data)).id)

    async def apply(self, ticket: Ticket, update: TicketUpdate) -> Ticket:
        """Write the update.

        Raises:
            Changed: the ticket was changed since it was read.
            Refused: it is closed for good, or Zendesk's own rules refuse the update.
        """
        directory, fields = await asyncio.gather(self.directory(), self.fields())
        content = {
            **_changes(ticket, update, directory),
            **({"custom_fields": fields.to_write(update.custom_fields)} if update.custom_fields else {}),
            "safe_update": True,
            "updated_stamp": stamp_of(ticket),
        }
        number = number_of(ticket.id)
        try:
            data = await self._api.write("PUT", ("tickets", number), {"ticket": content}, f"ticket {ticket.id}")
        except RefusedByZendesk as refused:
            raise _explained(refused, ticket, update) from None
        after = written(WireTicket, _member(data))
        changed = _changed(ticket, update, after, directory)
        return changed.model_copy(update={"custom_fields": fields.values(after.custom_fields)})

    async def link(self, ticket: Ticket, other: Ticket, kind: LinkKind) -> None:  # noqa: ARG002
        """Refuse: there are no links between tickets."""
        raise not_offered("link")

    async def created(self) -> Ticket | None:
        """The ticket that an earlier attempt of the current write created."""
        found = await created_ticket(self._api)
        return await self.get(found.id) if found is not None else None

    async def written(self, number: int) -> Ticket | None:
        """A ticket that an earlier attempt of the current write changed, as it is now."""
        if await written_audit(self._api, number) is None:
            return None
        return await self.get(number)

    async def state(self, number: int) -> Ticket | None:
        """A ticket as it is now."""
        return await self.get(number)

    async def _reload(self, number: int) -> Ticket:
        """A ticket after a write. The write took effect, so no failure from here on may say that nothing changed."""
        try:
            ticket = await self.get(number)
        except CallError as error:
            raise OutcomeUnknown(NAME) from error
        if ticket is None:
            raise OutcomeUnknown(NAME)
        return ticket


def _changes(ticket: Ticket, update: TicketUpdate, directory: Directory) -> dict[str, Any]:
    """The members of a ticket that an update changes, with its comment and metadata."""
    content: dict[str, Any] = {"metadata": metadata()}
    plain = {"subject": (ticket.title, update.title), "priority": (ticket.priority, update.priority)}
    content |= {name: after for name, (before, after) in plain.items() if before != after}
    if update.queue_id != ticket.queue_id:
        content["group_id"] = _group(update.queue_id, directory)
    if update.assignee_id != ticket.assignee_id:
        content["assignee_id"] = None if update.assignee_id is None else _user(update.assignee_id)
    if update.status != ticket.status:
        content["status"] = _SET[update.status]
    if update.add_tags or update.remove_tags:
        content["tags"] = [tag for tag in (*ticket.tags, *update.add_tags) if tag not in update.remove_tags]
    if update.cc != tuple(ticket.cc or ()):
        content["email_ccs"] = _copies(ticket.cc or (), update.cc)
    if update.comment is not None and update.comment.attachments:
        raise not_offered("add_attachment")
    if update.comment is not None:
        content["comment"] = {"body": update.comment.body, "public": update.comment.kind == "public_reply"}
        mentioned = [{"user_id": _user(one), "action": "put"} for one in update.comment.mentions]
        content |= {"followers": mentioned} if mentioned else {}
    elif update.status == "closed" and update.resolution is not None and ticket.status != "closed":
        content["comment"] = {"body": update.resolution, "public": False}
        content["metadata"] = metadata(**{KIND: RESOLUTION})
    return content


def _changed(ticket: Ticket, update: TicketUpdate, after: WireTicket, directory: Directory) -> Ticket:
    """The state after an update, from Zendesk's answer: its business rules may have changed more than was asked."""
    status, at = status_of(after.status), after.updated_at
    comments = 1 if update.comment is not None or (status == "closed" and ticket.status != "closed") else 0
    replied = update.comment is not None and update.comment.kind == "public_reply"
    return ticket.model_copy(
        update={
            "title": after.raw_subject or after.subject or "",
            "status": status,
            "priority": PRIORITIES.get(after.priority, "normal"),
            "queue_id": directory.queue_id(after.group_id),
            "assignee_id": text_of(after.assignee_id),
            "tags": after.tags,
            "cc": list(update.cc),
            "version": version_of(after),
            "updated_at": at,
            "first_replied_at": ticket.first_replied_at or (at if replied else None),
            "closed_at": (ticket.closed_at or at) if status == "closed" else None,
            "resolution": update.resolution if status == "closed" else None,
            "comment_count": ticket.comment_count + comments,
        }
    )


def _explained(refused: RefusedByZendesk, ticket: Ticket, update: TicketUpdate) -> Refused:
    """Zendesk's refusal; in words of this server's where it says what a ticket lacks."""
    if refused.status == 422 and update.status == "closed" and update.assignee_id is None:
        return not_offered("close_unassigned", ticket=ticket.id)
    if refused.status == 422 and "closed prevents ticket update" in refused.said.lower():
        reopens = ticket.status == "closed" and update.status != "closed"
        return not_offered("reopen_final" if reopens else "update_final", ticket=ticket.id)
    return refused


def _copies(before: Iterable[str], after: Iterable[str]) -> list[dict[str, str]]:
    """The changes that lead from one list of addresses to another."""
    old, new = set(before), set(after)
    gone = [{"user_email": address, "action": "delete"} for address in sorted(old - new)]
    return gone + [{"user_email": address, "action": "put"} for address in sorted(new - old)]


def _group(queue_id: str, directory: Directory) -> int | None:
    group = directory.find(queue_id)
    if group is None:
        raise Refused(f"There is no queue {queue_id} (queue_id). list_queues lists them.")
    return group.number


def _user(user_id: str) -> int:
    if not (user_id.isascii() and user_id.isdigit() and len(user_id) < 20):
        raise Refused(f"{user_id} is no user of Zendesk (assignee_id). search_users with kind=staff finds them.")
    return int(user_id)


def _member(data: Any) -> Any:
    return data.get("ticket") if isinstance(data, Mapping) else None
