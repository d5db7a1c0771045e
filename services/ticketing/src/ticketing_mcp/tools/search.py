"""The tool that finds tickets."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Columns, CursorKey, Limit, Page, TimeZone
from ticketing_mcp.models.identifiers import Assignee, Moment, QueueId, Requester, SearchText, TicketId
from ticketing_mcp.models.query import InvalidQuery, Query, parse_query
from ticketing_mcp.models.tags import Tag, unique_tags
from ticketing_mcp.models.tickets import Priority, TicketSummary
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.search import DueState, SearchOrder, TicketFilter
from ticketing_mcp.tools.search_conditions import StatusName, number_in, require_possible, statuses_in
from ticketing_mcp.tools.search_notice import notice_of
from ticketing_mcp.tools.search_people import person_id, require_existing
from ticketing_mcp.tools.search_times import Times, time_zone_of
from ticketing_mcp.tools.staff import is_no_one, staff_member

StatusFilter = Annotated[list[StatusName], Field(max_length=50, description="Any of these.")]
SearchedTags = Annotated[list[Tag], Field(max_length=50, description="All of these.")]
Zone = Annotated[TimeZone, Field(description="IANA name; default: the tenant's.")]
FirstMoment = Annotated[Moment, Field(description="Day, time, or 7d: since 7 days ago.")]
DueMoment = Annotated[Moment, Field(description="2h: within 2 hours.")]


def _now() -> datetime:
    return datetime.now(UTC)


class SearchTools:
    """Ticket search. `now` is the clock for relative times."""

    def __init__(self, desk: Desk, now: Callable[[], datetime] = _now) -> None:
        self._desk = desk
        self._now = now

    async def search_tickets(
        self,
        query: SearchText | None = None,
        status: StatusFilter | None = None,
        queue_id: QueueId | None = None,
        assignee_id: Assignee | None = None,
        unassigned: bool = False,
        priority: Priority | None = None,
        requester: Requester | None = None,
        tags: SearchedTags | None = None,
        merged_into: TicketId | None = None,
        created_from: FirstMoment | None = None,
        created_to: Moment | None = None,
        updated_from: Moment | None = None,
        updated_to: Moment | None = None,
        closed_from: Moment | None = None,
        closed_to: Moment | None = None,
        sla: DueState | None = None,
        due_before: DueMoment | None = None,
        time_zone: Zone | None = None,
        sort: SearchOrder | None = None,
        limit: Limit = 10,
        cursor: CursorKey | None = None,
    ) -> Annotated[Page[TicketSummary], Columns()]:
        """Find or list tickets (cases, requests, complaints) by words they mention, status, queue, priority, requester,
        dates, or the colleague who works on them: all open, unresolved, unassigned, urgent ones.

        Best match first; without words, newest first."""
        given = {
            "created": (created_from, created_to),
            "updated": (updated_from, updated_to),
            "closed": (closed_from, closed_to),
        }
        has_times = due_before is not None or any(moment is not None for pair in given.values() for moment in pair)
        times = Times(await time_zone_of(self._desk, time_zone), self._now()) if has_times or time_zone else None
        if assignee_id is not None and is_no_one(assignee_id):
            assignee_id, unassigned = None, True
        filters = TicketFilter(
            query=_parse(query),
            statuses=statuses_in(status or ()),
            priority=priority,
            queue_id=queue_id,
            assignee_id=await staff_member(self._desk, assignee_id) if assignee_id is not None else None,
            unassigned=unassigned,
            requester=await person_id(self._desk, requester) if requester is not None else None,
            tags=tuple(unique_tags(tags or ())),
            merged_into=number_in(merged_into),
            sla=sla,
        )
        if times is not None:
            filters = times.limited(filters, given, due_before)
        order = sort if sort is not None and filters.query.number is None else "score"
        require_possible(filters, order)
        found = await self._desk.search(filters, limit + 1, cursor, order)
        if not found.tickets and cursor is None:
            await require_existing(self._desk, filters, requester)
        return Page(
            found.tickets if filters.by_due(order) else [_without_due(ticket) for ticket in found.tickets],
            limit,
            key=lambda ticket: filters.place(ticket, order),
            notice=notice_of(found, filters, order, times),
            total=None if found.more else found.total,
        )


def _without_due(ticket: TicketSummary) -> TicketSummary:
    return ticket.model_copy(update={"due_at": None})


def _parse(query: str | None) -> Query:
    if query is None:
        return Query()
    try:
        return parse_query(query)
    except InvalidQuery as problem:
        raise Refused(str(problem)) from None
