"""The mark of the current write in what it makes at Zendesk, and how a later attempt finds it.

A new ticket has the mark as its external id; every other write leaves it in the metadata of its audit, which Zendesk
keeps and returns.
"""

from collections.abc import Mapping
from typing import Any, Final

from servicekit.core import current_caller
from servicekit.journal.effect_id import current_effect_id
from ticketing_mcp.adapters.zendesk.api.client import PAGE, ZendeskApi, parsed_list
from ticketing_mcp.adapters.zendesk.audits import CALLER, EFFECT
from ticketing_mcp.adapters.zendesk.wire import WireAudit, WireTicket
from ticketing_mcp.models.identifiers import ticket_id

_LONGEST_SUBJECT: Final = 200
"""Characters: all metadata of an update may have one kilobyte."""


def external_id() -> str:
    """The external id of a ticket that the current write creates."""
    return f"fleet-{current_effect_id()}"


def metadata(**more: str) -> Mapping[str, str]:
    """The metadata of an update by the current write."""
    return {EFFECT: current_effect_id(), CALLER: current_caller().subject[:_LONGEST_SUBJECT], **more}


async def created_ticket(api: ZendeskApi) -> WireTicket | None:
    """The ticket that an earlier attempt of the current write created. This list, unlike a search, has no delay."""
    data: Any = await api.read(("tickets",), "tickets by external id", {"external_id": external_id()})
    found = parsed_list(WireTicket, data, "tickets")
    return next((ticket for ticket in found if ticket.external_id == external_id()), None)


async def written_audit(api: ZendeskApi, number: int) -> WireAudit | None:
    """The update of a ticket by an earlier attempt of the current write, among its last hundred."""
    query = {"per_page": PAGE, "sort_order": "desc"}
    what = f"the history of ticket {ticket_id(number)}"
    data: Any = await api.read_or_none(("tickets", number, "audits"), what, query)
    audits = parsed_list(WireAudit, data, "audits") if data is not None else []
    return next((audit for audit in audits if audit.custom(EFFECT) == current_effect_id()), None)
