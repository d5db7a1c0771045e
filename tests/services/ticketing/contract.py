"""What the contract suite needs to know about the ticketing server."""

from mcp.client import Client

from tests.contract.named_values import NEW, NUMBER, Examples, Names
from tests.fixtures.calls import call

from .text_fields import text_fields

__all__ = ["NAMED", "OTHERS", "examples", "text_fields"]

TICKET = Names(lambda _: "T-99999999", is_near=False)
NAMED: dict[str, Names | None] = {
    "ticket_id": TICKET,
    "ticket_ids": TICKET,
    "other_id": TICKET,
    "into_id": TICKET,
    "queue_id": Names(),
    "assignee_id": Names(),
    "macro_id": Names(),
    "mentions": Names(),
    "requester": Names(),
    "merged_into": TICKET,
    "tags": Names(),
    "time_zone": Names(),
    **dict.fromkeys(("created_from", "created_to", "updated_from", "updated_to", "closed_from", "closed_to"), NEW),
    "due_before": NEW,
    "requester_email": NEW,
    "cc": NEW,
    "add_cc": NEW,
    "remove_cc": Names(lambda _: "unknown@example.com", is_near=False),
    "create_ticket.tags": NEW,
    "add_tags": NEW,
    "attachment_id": NUMBER,
    "attach_file.name": NEW,
    "remove_tags": Names(),
}
"""Arguments that take an identifier."""
OTHERS: dict[str, Examples] = {
    "update_ticket": {"priority": "high"},
}
"""Arguments of tools whose generated ones are refused for another reason."""
NOT_STORED = {"attach_file.base64"}
"""Arguments with text that is decoded, not stored as it is."""


async def examples(client: Client) -> Examples:
    """Right values of the arguments that take an identifier."""
    found = (await call(client, "search_tickets", status="open", limit=1))["items"][0]
    ticket = await call(client, "get_ticket", ticket_id=found["id"])
    queue = await call(client, "get_queue", queue_id=ticket["queue_id"])
    colleague = (await call(client, "search_users", query=queue["members"][0].partition(".")[0], kind="staff"))[
        "items"
    ][0]
    copied = {"add_tags": ["hardware_fault"], "add_cc": [colleague["email"]]}
    await call(client, "update_ticket", ticket_id=ticket["id"], **copied)
    return {
        **dict.fromkeys(("ticket_id", "ticket_ids", "other_id", "into_id"), ticket["id"]), "queue_id": queue["id"],
        "assignee_id": queue["members"][0], "macro_id": "reset-password", "limit": 5,
        "remove_tags": "hardware_fault", "tags": "hardware_fault", "requester": ticket["requester_email"],
        "merged_into": ticket["id"], "time_zone": "Europe/Berlin", "attachment_id": "1",
        "remove_cc": colleague["email"], "mentions": colleague["id"],
    }  # fmt: skip
