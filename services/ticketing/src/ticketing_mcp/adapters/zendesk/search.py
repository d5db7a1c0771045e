"""Finding tickets with Zendesk's search."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from servicekit.schema import CursorKey
from ticketing_mcp.adapters.zendesk.api.client import PAGE, parsed_list
from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.limits import not_offered
from ticketing_mcp.adapters.zendesk.records import summary_of
from ticketing_mcp.adapters.zendesk.search_query import NothingVisible, conditions_of, fits
from ticketing_mcp.adapters.zendesk.search_words import requester_of, spellings_of
from ticketing_mcp.adapters.zendesk.tickets import ZendeskTickets, users_in
from ticketing_mcp.adapters.zendesk.wire import WireTicket, WireUser
from ticketing_mcp.models.query import Query
from ticketing_mcp.models.tickets import TicketSummary
from ticketing_mcp.ports.search import SearchOrder, SearchResult, TicketFilter

LAST_PAGE: Final = 10
"""Zendesk returns the first thousand results of a search."""
_FIELDS: Final = {"number": "created_at", "created_at": "created_at", "updated_at": "updated_at"}


class Found:
    """Tickets of one search as Zendesk returns them, and how many match."""

    def __init__(self, tickets: Sequence[WireTicket], users: Mapping[int, WireUser], total: int) -> None:
        self.tickets = tickets
        self.users = users
        self.total = total


class ZendeskSearch(ZendeskTickets):
    """`TicketFinder` on Zendesk. Its index shows a change after up to a few minutes."""

    async def search(
        self, filters: TicketFilter, count: int, after: CursorKey | None, order: SearchOrder = "score"
    ) -> SearchResult:
        if filters.by_due(order):
            raise not_offered("search_by_due")
        found = await self._search(filters, count, after, order)
        return replace(found, all_words=True, may_lag=self._api.wrote_lately())

    async def _search(
        self, filters: TicketFilter, count: int, after: CursorKey | None, order: SearchOrder
    ) -> SearchResult:
        directory = await self.directory()
        named = await self._named(filters, directory) if after is None else []
        if filters.merged_into is not None:
            return await self._merged(filters, directory, count, after)
        words = spellings_of(filters.query)
        if filters.query.number is not None and not filters.query.words:
            return SearchResult(named, total=len(named))
        try:
            conditions = conditions_of(filters, directory)
        except NothingVisible:
            return SearchResult(named, total=len(named))
        queries = [" ".join([*conditions, *terms]) for terms in words or [()]]
        sorting = _sorting(filters, order)
        if len(queries) > 1:
            return await self._several(queries, sorting, filters, directory, count, after)
        found, total = await self._one(queries[0], sorting, filters, directory, count, after)
        if not found and after is None and (name := requester_of(filters.query)):
            found, total = await self._one(" ".join([*conditions, *name]), sorting, filters, directory, count, after)
        cut = total > LAST_PAGE * PAGE
        return SearchResult([*named, *found][:count], total=max(total, len(named)), partial=cut)

    async def results(self, query: str, page: int, sorting: Mapping[str, str]) -> Found:
        """One page of a search."""
        asked = {"query": query, "per_page": PAGE, "page": page, "include": "tickets(users)", **sorting}
        data: Any = await self._api.read(("search",), "this search", asked)
        total = data.get("count") if isinstance(data, Mapping) else None
        tickets = parsed_list(WireTicket, data, "results")
        return Found(tickets, users_in(data), total if isinstance(total, int) else len(tickets))

    async def _named(self, filters: TicketFilter, directory: Directory) -> list[TicketSummary]:
        """The ticket whose number is in the query, if it meets the other conditions."""
        number = filters.query.number
        if number is None:
            return []
        data = await self.data(number)
        ticket = self.ticket_in(data, directory)
        if ticket is None:
            return []
        summary = summary_of(ticket, users_in(data), directory)
        return [summary] if fits(summary, replace(filters, query=Query()), directory) else []

    async def _one(
        self,
        query: str,
        sorting: Mapping[str, str],
        filters: TicketFilter,
        directory: Directory,
        count: int,
        after: CursorKey | None,
    ) -> tuple[list[TicketSummary], int]:
        """The tickets behind the one of `after`, in Zendesk's order, and the number of all."""
        found: list[TicketSummary] = []
        named = filters.query.number  # on the first page, before all others
        begun, total = after is None or after[1] == named, 0
        for page in range(1, LAST_PAGE + 1):
            part = await self.results(query, page, sorting)
            total = part.total
            for ticket in part.tickets:
                if begun and ticket.id != named and (summary := _shown(ticket, part, filters, directory)) is not None:
                    found.append(summary)
                begun = begun or (after is not None and ticket.id == after[1])
            if len(found) >= count or len(part.tickets) < PAGE:
                break
        return found[:count], total

    async def _several(
        self,
        queries: Sequence[str],
        sorting: Mapping[str, str],
        filters: TicketFilter,
        directory: Directory,
        count: int,
        after: CursorKey | None,
    ) -> SearchResult:
        """The tickets of several searches together: of each the first hundred, newest first."""
        parts = await asyncio.gather(*(self.results(query, 1, sorting) for query in queries))
        shown = {
            ticket.id: summary
            for part in parts
            for ticket in part.tickets
            if (summary := _shown(ticket, part, filters, directory)) is not None
        }
        numbers = sorted(shown, reverse=sorting.get("sort_order") != "asc")
        if after is not None and after[1] in shown:
            numbers = numbers[numbers.index(int(after[1])) + 1 :]
        cut = any(part.total > PAGE for part in parts)
        found = [shown[number] for number in numbers[:count]]
        return SearchResult(found, total=None if cut else len(shown), partial=cut)

    async def _merged(
        self, filters: TicketFilter, directory: Directory, count: int, after: CursorKey | None
    ) -> SearchResult:
        """The tickets that were merged into one, by its history."""
        target = await self.get(filters.merged_into or 0)
        numbers = sorted((int(link.ticket_id[2:]) for link in target.links), reverse=True) if target else []
        if not numbers:
            return SearchResult([], total=0)
        query = {"ids": ",".join(map(str, numbers[:PAGE])), "include": "users"}
        data: Any = await self._api.read(("tickets", "show_many"), "merged tickets", query)
        part = Found(parsed_list(WireTicket, data, "tickets"), users_in(data), 0)
        shown = [one for ticket in part.tickets if (one := _shown(ticket, part, filters, directory)) is not None]
        shown.sort(key=lambda one: int(one.id[2:]), reverse=True)
        total = len(shown)
        if after is not None:
            shown = [one for one in shown if int(one.id[2:]) < int(after[1])]
        return SearchResult(shown[:count], total=total)


def _shown(ticket: WireTicket, part: Found, filters: TicketFilter, directory: Directory) -> TicketSummary | None:
    """A ticket in a list; None where the caller may not see it, or it does not meet the conditions any more."""
    if not directory.sees(ticket.group_id):
        return None
    summary = summary_of(ticket, part.users, directory)
    return summary if fits(summary, filters, directory) else None


def _sorting(filters: TicketFilter, order: SearchOrder) -> dict[str, str]:
    """The order in Zendesk's words; none for its own, by relevance. It has none by the time of closing, for which that
    of the last change stands."""
    field = filters.ordered_by(order)
    if field == "score":
        return {}
    return {"sort_by": _FIELDS.get(field, "updated_at"), "sort_order": "asc" if order == "oldest" else "desc"}
