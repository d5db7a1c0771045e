"""The tool that shows service-level clocks: of tickets, or of what breaches next in a queue."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Clamped, CursorKey, Limit, Page, to_the_second
from ticketing_mcp.models.deadlines import TicketDeadlines
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import Assignee, QueueId, TicketIds, number_of
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.service_levels import DueFilter, DueTickets
from ticketing_mcp.tools.lookups import existing_queue
from ticketing_mcp.tools.staff import staff_member

Minutes = Annotated[int, Field(ge=1, le=525_600, description="Minutes."), Clamped()]
_STALE = (
    "A service level changed since due times were stored: states and times are right, but the order may be wrong until "
    "the operator runs `ticketing-mcp due-times`."
)
_CUT = "There are more tickets than this desk returns: the oldest 1000 that are not closed were looked at."
_UNREADABLE = "The service level of {} cannot be read, so these clocks are unknown. An administrator has to correct it."


def _now() -> datetime:
    return datetime.now(UTC)


class ServiceLevelTools:
    """Reads of service-level clocks. `now` is the clock."""

    def __init__(self, desk: Desk, now: Callable[[], datetime] = _now) -> None:
        self._desk = desk
        self._now = now

    async def get_sla_status(
        self,
        ticket_ids: TicketIds | None = None,
        queue_id: QueueId | None = None,
        assignee_id: Assignee | None = None,
        due_within: Minutes | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[TicketDeadlines]:
        """Deadlines (SLA): what breaches next in a queue, what is late or overdue, when a response to a ticket or its
        solution is due, the time left."""
        now = self._now()
        if ticket_ids is not None:
            if queue_id is not None or assignee_id is not None or due_within is not None:
                raise Refused("Give ticket_ids, or queue_id, assignee_id and due_within, which list tickets.")
            return await self._of_tickets(ticket_ids, now)
        assignee = None if assignee_id is None else await staff_member(self._desk, assignee_id)
        within = None if due_within is None else timedelta(minutes=due_within)
        found = await self._desk.due(DueFilter(queue_id, assignee, within), now, limit + 1, cursor)
        if queue_id is not None and not found.tickets and cursor is None:
            await existing_queue(self._desk, queue_id)
        keys = {ticket.ticket_id: key for ticket, key in zip(found.tickets, found.keys, strict=True)}
        notices = [
            _totals(found, due_within, now),
            _STALE if found.is_stale else "",
            _CUT if found.is_cut else "",
            _unreadable(found.tickets),
        ]
        notice = " ".join(filter(None, notices))
        return Page(found.tickets, limit, key=lambda ticket: keys[ticket.ticket_id], notice=notice)

    async def _of_tickets(self, ticket_ids: Sequence[str], now: datetime) -> Page[TicketDeadlines]:
        asked = list(dict.fromkeys(ticket_ids))
        found = await self._desk.clocks([number_of(one) for one in asked], now)
        known = {ticket.ticket_id for ticket in found}
        missing = [one for one in asked if one not in known]
        if not found:
            raise unknown_ticket(missing[0])
        notices = [f"As of {_moment(now)}.", f"No ticket {', '.join(missing)}." if missing else "", _unreadable(found)]
        return Page(found, len(asked), key=lambda ticket: (ticket.ticket_id,), notice=" ".join(filter(None, notices)))


def _totals(found: DueTickets, due_within: int | None, now: datetime) -> str:
    totals = found.totals
    soon = "" if due_within is None else f"{totals.due} breach within {due_within} minutes; "
    order = "Next to breach first, then breached ones, the latest first" + (
        ", then those on hold." if due_within is None else "."
    )
    return (
        f"As of {_moment(now)}, of the tickets that are not closed: {soon}{totals.breached} breached, {totals.running} "
        f"in time, {totals.paused} on hold. {order}"
    )


def _unreadable(tickets: Sequence[TicketDeadlines]) -> str:
    without = [ticket for ticket in tickets if ticket.state is None]
    queues = sorted({ticket.queue_id for ticket in without if ticket.policy_id is not None})
    none = [ticket.ticket_id for ticket in without if ticket.policy_id is None]
    said = [
        _UNREADABLE.format(f"the queue {', '.join(queues)}") if queues else "",
        f"No service level applies to {', '.join(none)}." if none else "",
    ]
    return " ".join(filter(None, said))


def _moment(now: datetime) -> str:
    return to_the_second(now.astimezone(UTC)).isoformat().replace("+00:00", "Z")
