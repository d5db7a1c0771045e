"""What a desk at Zendesk does not offer here, with the words in which it is refused."""

from typing import Final, Literal

from servicekit.core import Refused

NotOffered = Literal[
    "link",
    "unmerge",
    "reply_to_merged",
    "reopen_final",
    "update_final",
    "search_by_due",
    "mentions",
    "close_unassigned",
    "malware",
    "large_file",
    "add_attachment",
]

WORDS: Final[dict[NotOffered, str]] = {
    "link": (
        "Zendesk has no links between tickets that both stay open. Nothing was changed. Name the other ticket in an "
        "internal note (add_internal_note), or merge duplicates with merge_tickets."
    ),
    "unmerge": (
        "Zendesk cannot undo a merge. Nothing was changed. Open a new ticket with create_ticket for what was merged by "
        "mistake, and name the old one in it."
    ),
    "reply_to_merged": (
        "{ticket} was merged into {into}, and Zendesk closes merged tickets for good. Nothing was sent. Reply on "
        "{into}."
    ),
    "reopen_final": (
        "{ticket} is closed for good at Zendesk (status closed), so it cannot be reopened. Nothing was changed. Open a "
        "new ticket with create_ticket, and name {ticket} in it."
    ),
    "close_unassigned": (
        "{ticket} has no assignee, and Zendesk closes assigned tickets only. Nothing was changed. Assign it with "
        "assign_ticket, then close it."
    ),
    "malware": "Zendesk found malware in this attachment, so it is not read.",
    "large_file": (
        "This attachment was deleted, or is larger than 10 MB, so it is not read. Open the ticket in Zendesk."
    ),
    "add_attachment": "This server cannot add attachments at Zendesk. Nothing was changed. Add the file in Zendesk.",
    "mentions": (
        "Zendesk does not record whom a note mentions, so notes cannot be found by that. Read the notes of the ticket "
        "with list_comments and kind=internal."
    ),
    "search_by_due": (
        "Zendesk does not search or sort by deadlines. Use get_sla_status with queue_id or assignee_id: it lists what "
        "breaches next."
    ),
    "update_final": (
        "{ticket} is closed for good at Zendesk (status closed), so it cannot be changed or answered. Nothing was "
        "changed. Open a new ticket with create_ticket, and name {ticket} in it."
    ),
}
"""Subscriptions to tickets are not offered either: the resource is listed without them."""


def not_offered(name: NotOffered, **values: str) -> Refused:
    """The refusal of what Zendesk does not offer."""
    return Refused(WORDS[name].format(**values))
