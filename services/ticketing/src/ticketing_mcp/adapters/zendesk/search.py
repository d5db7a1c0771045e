"""Finding tickets with Zendesk's search."""

from dataclasses import replace
from typing import Any, Final

from servicekit.schema import CursorKey
from ticketing_mcp.adapters.zendesk.api.client import PAGE, parsed_list
from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.records import summary_of
from ticketing_mcp.adapters.zendesk.search_query import NothingVisible, query_of
from ticketing_mcp.adapters.zendesk.tickets import ZendeskTickets
from ticketing_mcp.adapters.zendesk.wire import WireTicket
from ticketing_mcp.models.search import Query
from ticketing_mcp.models.tickets import TicketSummary
from ticketing_mcp.ports.search import SearchResult, TicketFilter

_LAST_PAGE: Final = 10
"""Zendesk returns the first thousand results of a search."""


class ZendeskSearch(ZendeskTickets):
    """`TicketFinder` on Zendesk. Its index shows a change after up to a few minutes."""

    async def search(self, filters: TicketFilter, count: int, after: CursorKey | None) -> SearchResult:
        directory = await self.directory()
        named = await self._named(filters, directory) if after is None else []
        if filters.query.number is not None and not filters.query.words:
            return SearchResult(named)
        try:
            query = query_of(filters, directory)
        except NothingVisible:
            return SearchResult(named)
        found = await self._found(query, count, after, directory, newest=not filters.query.words)
        others = [ticket for ticket in found if ticket.id not in {one.id for one in named}]
        return SearchResult([*named, *others][:count])

    async def _named(self, filters: TicketFilter, directory: Directory) -> list[TicketSummary]:
        """The ticket whose number is in the query, if it fits the other conditions."""
        if filters.query.number is None:
            return []
        ticket = await self.visible(filters.query.number)
        if ticket is None:
            return []
        summary = summary_of(ticket, directory)
        return [summary] if fits(summary, replace(filters, query=Query())) else []

    async def _found(
        self, query: str, count: int, after: CursorKey | None, directory: Directory, *, newest: bool
    ) -> list[TicketSummary]:
        """The tickets after the one of `after`, in Zendesk's order."""
        found: list[TicketSummary] = []
        begun = after is None
        for page in range(1, _LAST_PAGE + 1):
            tickets = await self._results(query, page, newest=newest)
            for ticket in tickets:
                if begun and directory.sees(ticket.group_id):
                    found.append(summary_of(ticket, directory))
                begun = begun or (after is not None and ticket.id == after[1])
            if len(found) >= count or len(tickets) < PAGE:
                break
        return found[:count]

    async def _results(self, query: str, page: int, *, newest: bool) -> list[WireTicket]:
        order = {"sort_by": "created_at", "sort_order": "desc"} if newest else {}
        asked = {"query": query, "per_page": PAGE, "page": page, **order}
        data: Any = await self._api.read(("search",), "this search", asked)
        return parsed_list(WireTicket, data, "results")


def fits(ticket: TicketSummary, filters: TicketFilter) -> bool:
    """Whether a ticket fits the conditions on its own fields."""
    wanted = {
        "status": filters.status,
        "priority": filters.priority,
        "queue_id": filters.queue_id,
        "assignee_id": filters.assignee_id,
    }
    return all(value is None or getattr(ticket, name) == value for name, value in wanted.items())
