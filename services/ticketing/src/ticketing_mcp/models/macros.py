"""Macros: answers written once, filled in for a ticket."""

import re

from servicekit.schema.record import Record
from ticketing_mcp.models.identifiers import DeskText
from ticketing_mcp.models.tickets import Ticket

_PLACEHOLDER = re.compile(r"\{(ticket_id|requester_name|status|queue_id)\}")


class Macro(Record):
    """A prepared answer. Its text has places for {ticket_id}, {requester_name}, {status} and {queue_id}."""

    id: str
    name: str
    text: str


class FilledMacro(Record):
    """A macro for one ticket, ready to be looked over and sent with add_public_reply. Nothing was sent."""

    macro_id: str
    ticket_id: str
    version: int
    text: DeskText


def fill_macro(macro: Macro, ticket: Ticket) -> FilledMacro:
    """The macro's text for a ticket. What stands in a ticket is put in as it is, and is never filled in again."""
    values = {
        "ticket_id": ticket.id,
        "requester_name": ticket.requester_name,
        "status": ticket.status,
        "queue_id": ticket.queue_id,
    }
    text = _PLACEHOLDER.sub(lambda place: values[place[1]], macro.text)
    return FilledMacro(macro_id=macro.id, ticket_id=ticket.id, version=ticket.version, text=text)
