"""Reading service levels. Zendesk counts the clocks itself and says when each target will be breached."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from servicekit.schema import CursorKey
from ticketing_mcp.adapters.zendesk.api.client import PAGE, SETUP, parsed_list
from ticketing_mcp.adapters.zendesk.clocks import RESOLUTIONS, deadlines_of
from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.search import LAST_PAGE, ZendeskSearch
from ticketing_mcp.adapters.zendesk.search_query import TICKETS, NothingVisible, groups_of
from ticketing_mcp.adapters.zendesk.tickets import users_in
from ticketing_mcp.adapters.zendesk.wire import WirePolicy, WireTicket
from ticketing_mcp.models.deadlines import TicketDeadlines
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.sla import ListedPolicy, ListedTarget
from ticketing_mcp.models.tickets import PRIORITIES
from ticketing_mcp.ports.service_levels import DueFilter, DueTickets, DueTotals

_OLDEST: Final = {"sort_by": "created_at", "sort_order": "asc"}


class ZendeskServiceLevels(ZendeskSearch):
    """`ServiceLevels` on Zendesk, and its policies."""

    async def clocks(self, numbers: Sequence[int], now: datetime) -> list[TicketDeadlines]:
        found = await self._timed(numbers, await self.directory(), now)
        return [found[number] for number in numbers if number in found]

    async def due(self, filters: DueFilter, now: datetime, count: int, after: CursorKey | None) -> DueTickets:
        """The oldest thousand tickets that are not closed, put in order here: Zendesk does not sort by deadlines."""
        first = now if after is None else datetime.fromisoformat(str(after[0]))
        until = None if filters.within is None else first + filters.within
        directory = await self.directory()
        try:
            conditions = [TICKETS, "status<solved", *groups_of(filters.queue_id, directory)]
        except NothingVisible:
            return DueTickets([], [], DueTotals(0, 0, 0, 0))
        if filters.assignee_id is not None:
            conditions.append(f"assignee:{filters.assignee_id}")
        numbers, is_cut = await self._unresolved(" ".join(conditions))
        found = await self._timed(numbers, directory, now)
        open_ones = [ticket for ticket in found.values() if ticket.status != "closed"]
        placed = sorted((place, ticket.ticket_id, ticket) for ticket in open_ones if (place := _place(ticket, until)))
        keys = [(first.isoformat(), *place) for place, _, _ in placed]
        begin = 0 if after is None else next((at + 1 for at, key in enumerate(keys) if key[-1] == after[-1]), len(keys))
        page = slice(begin, begin + count)
        return DueTickets(
            [ticket for _, _, ticket in placed][page], keys[page], _totals(open_ones, first, until), is_cut=is_cut
        )

    async def policies(self) -> list[ListedPolicy]:
        """The service levels. Zendesk chooses one for each ticket by its conditions, and its hours by a schedule."""
        data: Any = await self._api.read(("slas", "policies"), "service levels", None, SETUP)
        return sorted((_policy(one) for one in parsed_list(WirePolicy, data, "sla_policies")), key=lambda one: one.id)

    async def _unresolved(self, query: str) -> tuple[list[int], bool]:
        """The numbers of the tickets that a search finds, and whether there are more than Zendesk returns."""
        begin = await self.results(query, 1, _OLDEST)
        last = min(LAST_PAGE, -(-begin.total // PAGE))
        others = await asyncio.gather(*(self.results(query, page, _OLDEST) for page in range(2, last + 1)))
        numbers = [ticket.id for part in (begin, *others) for ticket in part.tickets]
        return list(dict.fromkeys(numbers)), begin.total > LAST_PAGE * PAGE

    async def _timed(
        self, numbers: Sequence[int], directory: Directory, now: datetime
    ) -> Mapping[int, TicketDeadlines]:
        """The clocks of tickets as they are now, not as the search index has them; those that the caller may see."""
        parts = [numbers[start : start + PAGE] for start in range(0, len(numbers), PAGE)]
        pages = await asyncio.gather(*map(self._many, parts))
        return {
            ticket.id: deadlines_of(ticket, users_in(data), directory, now)
            for data in pages
            for ticket in parsed_list(WireTicket, data, "tickets")
            if directory.sees(ticket.group_id)
        }


def _place(ticket: TicketDeadlines, until: datetime | None) -> tuple[int, str, int] | None:
    """The place of a ticket in the list: what breaches next, then what is late, the latest first, then what is paused;
    None for a ticket that does not belong in it."""
    number = number_of(ticket.ticket_id)
    if ticket.breaches_at is not None and (until is None or ticket.breaches_at <= until):
        return 0, ticket.breaches_at.isoformat(), number
    if ticket.state == "breached":
        return 1, "", -number
    return (2, "", number) if ticket.state == "paused" and until is None else None


def _totals(tickets: Sequence[TicketDeadlines], now: datetime, until: datetime | None) -> DueTotals:
    limit = now + timedelta(days=36500) if until is None else until
    return DueTotals(
        due=sum(one.breaches_at is not None and one.breaches_at <= limit for one in tickets),
        running=sum(one.state == "running" for one in tickets),
        breached=sum(one.state == "breached" for one in tickets),
        paused=sum(one.state == "paused" for one in tickets),
    )


def _policy(policy: WirePolicy) -> ListedPolicy:
    targets = {(one.metric, one.priority): one.target for one in policy.policy_metrics}
    listed = []
    for priority in PRIORITIES:
        whole = (targets.get((metric, priority)) for metric in RESOLUTIONS)
        reply, resolution = targets.get(("first_reply_time", priority)), next(filter(None, whole), None)
        if reply is not None or resolution is not None:
            listed.append(ListedTarget(priority=priority, first_reply_minutes=reply, resolution_minutes=resolution))
    return ListedPolicy(
        id=str(policy.id),
        name=policy.title,
        in_business_hours=any(one.business_hours for one in policy.policy_metrics),
        targets=listed,
    )
