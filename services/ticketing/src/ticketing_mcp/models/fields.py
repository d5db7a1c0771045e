"""Descriptions of the ticket fields, for list_fields."""

from ticketing_mcp.models.custom_fields import CustomField
from ticketing_mcp.models.identifiers import MAX_RESOLUTION, MAX_TEXT, MAX_TITLE
from ticketing_mcp.models.recipients import MOST_COPIES
from ticketing_mcp.models.tags import MAX_TAG, MAX_TAGS
from ticketing_mcp.models.tickets import PRIORITIES, STATUSES, TicketField

FIELDS: tuple[TicketField, ...] = (
    TicketField(
        name="title",
        meaning="subject in one line",
        bound=f"1 to {MAX_TITLE} characters",
        set_by=["create_ticket", "update_ticket"],
    ),
    TicketField(
        name="body", meaning="the first message", bound=f"1 to {MAX_TEXT} characters", set_by=["create_ticket"]
    ),
    TicketField(
        name="status",
        meaning="who has to act next; get_transitions lists the allowed changes",
        values=list(STATUSES),
        set_by=["transition_ticket", "close_ticket", "update_tickets"],
    ),
    TicketField(
        name="priority",
        meaning="selects the service-level targets",
        values=list(PRIORITIES),
        set_by=["create_ticket", "update_ticket", "update_tickets"],
    ),
    TicketField(
        name="queue_id",
        meaning="the team that works on it",
        bound="an id from list_queues",
        set_by=["create_ticket", "update_ticket", "update_tickets"],
    ),
    TicketField(
        name="assignee_id",
        meaning="the staff member who works on it; absent if unassigned",
        bound="a member of the queue, from get_queue",
        set_by=["assign_ticket", "update_tickets"],
    ),
    TicketField(
        name="requester_id", meaning="who asked", bound="found or created by e-mail address", set_by=["create_ticket"]
    ),
    TicketField(
        name="tags",
        meaning="words to group tickets by; the values are the most used ones, and others are allowed",
        bound=f"at most {MAX_TAGS}, of {MAX_TAG} letters, digits and ._:/+- each",
        set_by=["create_ticket", "update_ticket", "update_tickets"],
    ),
    TicketField(
        name="cc",
        meaning="who gets a copy of replies",
        bound=f"at most {MOST_COPIES} e-mail addresses",
        set_by=["create_ticket", "update_ticket", "add_public_reply"],
    ),
    TicketField(
        name="resolution",
        meaning="what solved it; resolutions of earlier closings are in get_history",
        bound=f"1 to {MAX_RESOLUTION} characters",
        set_by=["close_ticket", "update_tickets"],
    ),
    TicketField(
        name="merged_into",
        meaning="the ticket that this one is a duplicate of",
        set_by=["merge_tickets", "unmerge_tickets"],
    ),
)


def custom_field(field: CustomField) -> TicketField:
    """A custom field as it is listed."""
    return TicketField(
        name=field.name,
        meaning=field.meaning,
        values=list(field.choices) or None,
        bound=field.bound,
        type=field.type,
        required=field.required,
        set_by=["create_ticket", "update_ticket"],
    )
