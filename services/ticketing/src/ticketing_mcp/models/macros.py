"""Macros: reply templates with placeholders."""

import re
from typing import Annotated

from pydantic import Field

from servicekit.schema import Author, Record, Untrusted
from ticketing_mcp.models.identifiers import StaffText
from ticketing_mcp.models.tickets import Ticket

PLACEHOLDERS: dict[str, str] = {
    "ticket_id": "id of the ticket",
    "requester_name": "name of the customer",
    "status": "status of the ticket",
    "queue_id": "its queue",
}
"""What preview_macro fills in, by the name between braces."""
PLACEHOLDER = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")


class Macro(Record):
    """A reply template with the placeholders {ticket_id}, {requester_name}, {status} and {queue_id}."""

    id: str
    name: str
    text: StaffText


def _author_of(filled: "FilledMacro") -> Author:
    return "requester" if filled.has_name else "staff"


class FilledMacro(Record):
    """A macro filled in for one ticket, to review and send with add_public_reply. Nothing was sent.

    With the requester's name in it (`has_name`), the requester wrote a part of it.
    """

    macro_id: str
    ticket_id: str
    version: int
    text: Annotated[str, Untrusted(_author_of)]
    has_name: Annotated[bool, Field(exclude=True)]


def fill_macro(macro: Macro, ticket: Ticket) -> FilledMacro:
    """Replace the placeholders with the ticket's values. Placeholders inside those values stay as text."""
    values = {
        "ticket_id": ticket.id,
        "requester_name": ticket.requester_name,
        "status": ticket.status,
        "queue_id": ticket.queue_id,
    }
    text = PLACEHOLDER.sub(lambda match: values[match[1]], macro.text)
    return FilledMacro(
        macro_id=macro.id,
        ticket_id=ticket.id,
        version=ticket.version,
        text=text,
        has_name="{requester_name}" in macro.text,
    )
