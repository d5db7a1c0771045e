"""Macros: reply templates with placeholders."""

import re

from servicekit.schema import Record
from ticketing_mcp.models.identifiers import DeskText
from ticketing_mcp.models.tickets import Ticket

_PLACEHOLDER = re.compile(r"\{(ticket_id|requester_name|status|queue_id)\}")


class Macro(Record):
    """A reply template with the placeholders {ticket_id}, {requester_name}, {status} and {queue_id}."""

    id: str
    name: str
    text: str


class FilledMacro(Record):
    """A macro filled in for one ticket, to review and send with add_public_reply. Nothing was sent."""

    macro_id: str
    ticket_id: str
    version: int
    text: DeskText


def fill_macro(macro: Macro, ticket: Ticket) -> FilledMacro:
    """Replace the placeholders with the ticket's values. Placeholders inside those values stay as text."""
    values = {
        "ticket_id": ticket.id,
        "requester_name": ticket.requester_name,
        "status": ticket.status,
        "queue_id": ticket.queue_id,
    }
    text = _PLACEHOLDER.sub(lambda match: values[match[1]], macro.text)
    return FilledMacro(macro_id=macro.id, ticket_id=ticket.id, version=ticket.version, text=text)
