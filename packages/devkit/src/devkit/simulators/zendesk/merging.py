"""Merges tickets into another one.

The target gets a comment and the requesters of the sources as e-mail CCs; the sources get a comment and the tag
``closed_by_merge``, and are closed for good.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from devkit.simulators.zendesk.comment_text import from_plain
from devkit.simulators.zendesk.comments import Draft, add_comment
from devkit.simulators.zendesk.records.jobs import Task
from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.records.tickets import Audit, Ticket
from devkit.simulators.zendesk.ticket_values import as_id
from devkit.simulators.zendesk.world import World

CLOSED_BY_MERGE = "closed_by_merge"
_MERGEABLE = ("new", "open", "pending", "hold")


def merge_tasks(world: World, actor: User, target: Ticket, body: Mapping[str, Any]) -> list[Task]:
    """The tasks of a merge, one for each source."""
    sources = [as_id(one) for one in body.get("ids") or []]
    return [partial(_merge, world, actor, target, source, body) for source in sources]


def _merge(world: World, actor: User, target: Ticket, source_id: int, body: Mapping[str, Any]) -> dict[str, Any]:
    source = world.tickets.get(source_id)
    problem = _problem(target, source)
    if source is None or problem is not None:
        return {"id": source_id, "action": "update", "success": False, "error": "TicketMergeFailed", "details": problem}
    now = world.now()
    private = not all(comment.public for ticket in (source, target) for comment in ticket.comments[:1])
    for ticket, name, other in ((source, "source_comment", target), (target, "target_comment", source)):
        link = {"from": {"ticket_id": other.id, "subject": other.subject}, "to": {}, "rel": "merge"}
        audit = Audit(world.new_id(), ticket.id, actor.id, now, {"channel": "web", "source": link})
        words = str(body.get(name) or "").strip()
        if words:
            public = body.get(f"{name}_is_public") is True and not private
            files = [one for comment in source.comments for one in comment.attachments] if ticket is target else []
            add_comment(world, ticket, audit, Draft(from_plain(words), actor.id, public), now, files)
        if ticket is source:
            _change(world, audit, source, "tags", [*source.tags, CLOSED_BY_MERGE])
            _change(world, audit, source, "status", "closed")
            source.status_changes.append((now, "closed"))
        elif source.requester_id not in (target.requester_id, *target.email_cc_ids):
            _change(world, audit, target, "email_cc_ids", [*target.email_cc_ids, source.requester_id])
        ticket.audits.append(audit)
        ticket.updated_at = now
        world.index(ticket)
    return {"id": source_id, "action": "update", "success": True, "status": "Updated"}


def _problem(target: Ticket, source: Ticket | None) -> str | None:
    if source is None or source.deleted:
        return "The ticket does not exist"
    if source.id == target.id:
        return "A ticket cannot be merged into itself"
    if source.status not in _MERGEABLE:
        return f"A {source.status} ticket cannot be merged"
    if target.status not in _MERGEABLE:
        return f"A {target.status} ticket cannot receive a merge"
    return None


def _change(world: World, audit: Audit, ticket: Ticket, name: str, value: Any) -> None:
    shown = "email_ccs" if name == "email_cc_ids" else name
    event = {"id": world.new_id(), "type": "Change", "field_name": shown, "value": value}
    audit.events.append(event | {"previous_value": getattr(ticket, name)})
    setattr(ticket, name, value)
