"""Tickets, comments and audits."""

from typing import Any

from devkit.simulators.zendesk.api_request import Urls
from devkit.simulators.zendesk.records.tickets import Audit, Comment, Ticket
from devkit.simulators.zendesk.serializers.attachments import attachment_object
from devkit.simulators.zendesk.world import World


def ticket_object(urls: Urls, world: World, ticket: Ticket) -> dict[str, Any]:
    """A ticket. Every custom field is listed, with null where it has no value."""
    custom = [
        {"id": one.id, "value": ticket.custom_fields.get(one.id)} for one in world.fields.values() if one.removable
    ]
    return {
        "url": urls.of("tickets", ticket.id),
        "id": ticket.id,
        "external_id": ticket.external_id,
        "via": ticket.via,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "generated_timestamp": int(ticket.updated_at.timestamp()),
        "type": ticket.type,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority,
        "status": ticket.status,
        "recipient": ticket.recipient,
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.submitter_id,
        "assignee_id": ticket.assignee_id,
        "organization_id": None,
        "group_id": ticket.group_id,
        "collaborator_ids": [*ticket.email_cc_ids, *ticket.follower_ids],
        "follower_ids": ticket.follower_ids,
        "email_cc_ids": ticket.email_cc_ids,
        "forum_topic_id": None,
        "problem_id": ticket.problem_id,
        "has_incidents": False,
        "is_public": any(comment.public for comment in ticket.comments),
        "due_at": ticket.due_at,
        "tags": ticket.tags,
        "custom_fields": custom,
        "fields": custom,
        "satisfaction_rating": {"score": "unoffered"},
        "sharing_agreement_ids": [],
        "custom_status_id": None,
        "followup_ids": [],
        "ticket_form_id": ticket.ticket_form_id,
        "brand_id": None,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    }


def comment_object(urls: Urls, comment: Comment) -> dict[str, Any]:
    """A comment: its text in three forms."""
    return {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.body,
        "html_body": comment.html_body,
        "plain_body": comment.plain_body,
        "public": comment.public,
        "attachments": [attachment_object(urls, one) for one in comment.attachments],
        "audit_id": comment.audit_id,
        "via": comment.via,
        "created_at": comment.created_at,
        "metadata": {"system": {"client": "simulated"}, "custom": {}},
    }


def audit_object(urls: Urls, ticket: Ticket, audit: Audit) -> dict[str, Any]:
    """An audit: one change of a ticket with its events."""
    comments = {comment.id: comment for comment in ticket.comments if comment.audit_id == audit.id}
    events = [
        event | _comment_members(urls, comments[event["id"]]) if event["id"] in comments else event
        for event in audit.events
    ]
    return {
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "created_at": audit.created_at,
        "author_id": audit.author_id,
        "metadata": {"system": {"client": "simulated"}, "custom": audit.custom},
        "events": events,
        "via": audit.via,
    }


def _comment_members(urls: Urls, comment: Comment) -> dict[str, Any]:
    whole = comment_object(urls, comment)
    names = ("type", "author_id", "body", "html_body", "plain_body", "public", "attachments", "audit_id")
    return {name: whole[name] for name in names}
