"""Creates and updates tickets, with the audit of each change."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from devkit.simulators.zendesk import ticket_values as values
from devkit.simulators.zendesk.comments import Draft, add_comment, draft_of
from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.records.tickets import Audit, Ticket
from devkit.simulators.zendesk.responses import invalid_field, update_conflict
from devkit.simulators.zendesk.serializers.times import time_of
from devkit.simulators.zendesk.world import World

API: Final[dict[str, Any]] = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}
_MOST_METADATA = 1024
_PLAIN = ("subject", "external_id", "due_at", "recipient")


def create(world: World, actor: User, fields: Mapping[str, Any]) -> tuple[Ticket, Audit]:
    """Create a ticket. Raises `ApiError` 422 for values that it does not accept."""
    draft = draft_of(world, actor, fields.get("comment") or fields.get("description"), public=True)
    if draft is None:
        raise invalid_field("base", "Description: cannot be blank", "BlankValue")
    now, identifier = world.now(), world.new_ticket_id()
    blank = Ticket(identifier, "", actor.id, actor.id, now, now, via=dict(API), status_changes=[(now, "new")])
    changes = _changes(world, blank, fields)
    submitter = world.users.get(values.as_id(fields.get("submitter_id")))
    if submitter is not None:
        blank.submitter_id = submitter.id
        draft.author_id = submitter.id
    changes.setdefault("requester_id", actor.id)
    changes.setdefault("subject", draft.text.plain_body[:60])
    changes.setdefault("status", "new")
    _settle(world, blank, changes)
    audit = Audit(world.new_id(), identifier, blank.submitter_id, now, dict(API), custom=_metadata(fields))
    world.tickets[identifier] = blank
    add_comment(world, blank, audit, draft, now)
    for name, value in changes.items():
        _set(blank, name, value, now)
        audit.events.append({"id": world.new_id(), "type": "Create", "field_name": _shown(name), "value": value})
    blank.audits.append(audit)
    world.index(blank)
    return blank, audit


def _metadata(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The custom metadata of a change: at most one kilobyte. An audit keeps it."""
    metadata = fields.get("metadata") or {}
    if not isinstance(metadata, dict) or len(json.dumps(metadata)) > _MOST_METADATA:
        raise invalid_field("metadata", "Metadata: is too long (maximum is 1024 characters)")
    return metadata


def update(world: World, actor: User, ticket: Ticket, fields: Mapping[str, Any], via: Mapping[str, Any] = API) -> Audit:
    """Change a ticket, wholly or not at all.

    Raises:
        ApiError: 409 for an outdated `updated_stamp`; 422 for a closed ticket, or values that it does not accept.
    """
    require_current(ticket, fields)
    if ticket.status == "closed":
        raise invalid_field("status", "Status: closed prevents ticket update")
    first_is_public = ticket.comments[0].public if ticket.comments else True
    draft = draft_of(world, actor, fields.get("comment"), public=first_is_public)
    changes = _changes(world, ticket, fields)
    if draft is not None and draft.public and draft.author_id == changes.get("requester_id", ticket.requester_id):
        author = world.users[draft.author_id]
        if not author.is_staff and ticket.status in ("pending", "hold", "solved"):
            changes.setdefault("status", "open")
    _settle(world, ticket, changes)
    now = world.now()
    audit = Audit(world.new_id(), ticket.id, actor.id, now, dict(via), custom=_metadata(fields))
    if draft is not None:
        audit.author_id = draft.author_id
        add_comment(world, ticket, audit, draft, now)
    for name, value in changes.items():
        previous = getattr(ticket, name)
        if previous == value:
            continue
        _set(ticket, name, value, now)
        for shown, before, after in _parts(name, previous, value):
            event = {"id": world.new_id(), "type": "Change", "field_name": shown, "value": after}
            audit.events.append(event | {"previous_value": before})
    if audit.events:
        ticket.updated_at = now
        ticket.audits.append(audit)
        world.index(ticket)
    return audit


def _parts(name: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """A change by the field's name in an audit; of custom fields, one for each by its number."""
    if name != "custom_fields":
        yield _shown(name), before, after
        return
    for number in dict.fromkeys([*before, *after]):
        if before.get(number) != after.get(number):
            yield str(number), before.get(number), after.get(number)


def require_current(ticket: Ticket, fields: Mapping[str, Any]) -> None:
    """Check `safe_update`. Raises `ApiError` 409 if the ticket changed after `updated_stamp`, in whole seconds."""
    if str(fields.get("safe_update", "")).lower() == "true":
        stamp = str(fields.get("updated_stamp") or "")
        if not stamp or stamp.replace("+00:00", "Z") < time_of(ticket.updated_at):
            raise update_conflict()


def _changes(world: World, ticket: Ticket, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The checked values that a client sent, by the names of the record."""
    changes: dict[str, Any] = {
        name: None if fields[name] is None else str(fields[name]) for name in _PLAIN if name in fields
    }
    if "subject" in changes:
        changes["subject"] = changes["subject"] or ""
    for name in ("status", "priority", "type"):
        if name in fields and (name != "status" or fields[name] not in (None, "")):
            changes[name] = values.choice(name, fields[name])
    if "group_id" in fields:
        changes["group_id"] = values.group_id(world, fields["group_id"])
    if "assignee_id" in fields or "assignee_email" in fields:
        assignee = values.agent(world, fields.get("assignee_id"), fields.get("assignee_email"))
        changes["assignee_id"] = None if assignee is None else assignee.id
    found = values.requester(world, fields)
    if found is not None:
        changes["requester_id"] = found.id
    if "ticket_form_id" in fields:
        form = world.forms.get(values.as_id(fields["ticket_form_id"]))
        if form is None:
            raise invalid_field("ticket_form", "Ticket form: is invalid", "InvalidValue")
        changes["ticket_form_id"] = form.id
    _change_tags(world, ticket, fields, changes)
    _change_people(world, ticket, fields, changes)
    return changes


def _change_tags(world: World, ticket: Ticket, fields: Mapping[str, Any], changes: dict[str, Any]) -> None:
    """Tags and custom fields: a drop-down value is a tag, too."""
    kept = values.tags(fields["tags"]) if "tags" in fields else list(ticket.tags)
    kept += [tag for tag in values.tags(fields.get("additional_tags", [])) if tag not in kept]
    gone = set(values.tags(fields.get("remove_tags", [])))
    sent = fields.get("custom_fields", fields.get("fields"))
    if sent is not None:
        changes["custom_fields"] = values.custom_fields(world, ticket, sent)
        before = values.option_tags(world, ticket.custom_fields)
        after = values.option_tags(world, changes["custom_fields"])
        gone |= before - after
        kept += sorted(after - set(kept))
    found = [tag for tag in kept if tag not in gone]
    if found != ticket.tags:
        changes["tags"] = found


def _change_people(world: World, ticket: Ticket, fields: Mapping[str, Any], changes: dict[str, Any]) -> None:
    """E-mail CCs and followers: `put` adds one, `delete` removes one."""
    for name, kept in (("email_ccs", ticket.email_cc_ids), ("followers", ticket.follower_ids)):
        if not isinstance(fields.get(name), list):
            continue
        found = list(kept)
        for item in (one for one in fields[name] if isinstance(one, dict)):
            user = world.users.get(values.as_id(item.get("user_id"))) or world.user_by_email(
                str(item.get("user_email") or "")
            )
            if user is None and name == "email_ccs" and "@" in str(item.get("user_email") or ""):
                email = str(item["user_email"])
                user = world.add_user(str(item.get("user_name") or email.partition("@")[0]), email)
            if user is None or (name == "followers" and not user.is_staff):
                continue
            if item.get("action", "put") == "delete":
                found = [one for one in found if one != user.id]
            elif user.id not in found:
                found.append(user.id)
        changes["email_cc_ids" if name == "email_ccs" else "follower_ids"] = found


def _settle(world: World, ticket: Ticket, changes: dict[str, Any]) -> None:
    """What follows from the changes: the group of the assignee, and the status of an assigned or solved ticket.

    Raises:
        ApiError: 422, the assignee is not in the group, or the ticket cannot be solved yet.
    """
    assignee = changes.get("assignee_id", ticket.assignee_id)
    group = changes.get("group_id", ticket.group_id)
    if assignee is not None and (group is None or not world.is_member(assignee, group)):
        if "group_id" not in changes:
            changes["group_id"] = world.users[assignee].default_group_id
        elif "assignee_id" not in changes:
            changes["assignee_id"] = assignee = None
        elif group is not None:
            raise invalid_field("assignee", "Assignee: is not a member of the group", "InvalidValue")
    status = changes.get("status", ticket.status)
    if status == "new" and assignee is not None:
        changes["status"] = "open"
    if status in ("solved", "closed") and ticket.status not in ("solved", "closed"):
        values.require_solvable(world, assignee, changes.get("custom_fields", ticket.custom_fields))


def _set(ticket: Ticket, name: str, value: Any, now: Any) -> None:
    setattr(ticket, name, value)
    if name == "status" and ticket.status_changes[-1][1] != value:
        ticket.status_changes.append((now, value))
    if name in ("assignee_id", "group_id") and value is not None:
        ticket.stations[name.removesuffix("_id")].append(value)
        ticket.assigned_at = now if name == "assignee_id" else ticket.assigned_at


def _shown(name: str) -> str:
    """The name of a field in an audit."""
    return {"email_cc_ids": "email_ccs", "follower_ids": "followers"}.get(name, name)


__all__ = ["API", "Draft", "create", "require_current", "update"]
