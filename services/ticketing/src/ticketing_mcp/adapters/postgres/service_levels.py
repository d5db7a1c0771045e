"""Queries for service-level clocks. The stored due times order the tickets; shown states are computed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.storage.where_clause import WhereClause
from ticketing_mcp.adapters.postgres.grants import GRANTED, granted_queues
from ticketing_mcp.models.deadlines import TicketDeadlines, TimedTicket, is_stale, ticket_deadlines
from ticketing_mcp.models.due_times import parse_policy
from ticketing_mcp.models.sla import SlaPolicy
from ticketing_mcp.ports.service_levels import DueFilter, DueTickets, DueTotals

_TIMED = """
json_build_object(
    'id', 'T-' || t.number, 'title', t.title, 'status', t.status, 'priority', t.priority, 'queue_id', t.queue_id,
    'assignee_id', t.assignee_id,
    'assignee_name', (SELECT u.name FROM ticketing.users AS u WHERE u.tenant_id = t.tenant_id AND u.id = t.assignee_id),
    'created_at', t.created_at, 'first_replied_at', t.first_replied_at, 'closed_at', t.closed_at,
    'resolution', t.resolution, 'merged_into', 'T-' || t.merged_into,
    'reply_due_at', t.reply_due_at, 'resolution_due_at', t.resolution_due_at,
    'holds', (
        SELECT coalesce(json_agg(json_build_object('started_at', h.started_at, 'ended_at', h.ended_at)
                                 ORDER BY h.started_at), '[]')
        FROM ticketing.holds AS h WHERE h.tenant_id = t.tenant_id AND h.number = t.number))
"""
_POLICIES = """
SELECT json_object_agg(q.id, json_build_object('id', p.id, 'definition', p.definition::text))
FROM ticketing.queues AS q
JOIN ticketing.sla_policies AS p ON p.tenant_id = q.tenant_id AND p.id = q.sla_policy_id
"""
CLOCKS = f"""
SELECT json_build_object('policies', ({_POLICIES}), 'tickets', (
    SELECT coalesce(json_agg({_TIMED} ORDER BY array_position($1, t.number)), '[]')
    FROM ticketing.tickets AS t WHERE t.number = ANY ($1::integer[]) AND {GRANTED}))
"""
_DUE = f"""
SELECT json_build_object('policies', ({_POLICIES}), 'totals', ({{totals}}), 'tickets', (
    SELECT coalesce(json_agg(json_build_object('key', json_build_array(p.part, p.at, p.number), 'ticket', {_TIMED})
                             ORDER BY p.part, p.place, p.tie), '[]')
    FROM (SELECT * FROM ({{parts}}) AS listed ORDER BY part, place, tie LIMIT {{count}}) AS p
    CROSS JOIN LATERAL (SELECT * FROM ticketing.tickets AS t WHERE t.number = p.number OFFSET 0) AS t))
"""
_TOTALS = """
SELECT json_build_object(
    'due', count(*) FILTER (WHERE (t.due_at > {now} AND t.due_at <= {until})
        OR (t.due_at <= {now} AND t.resolution_due_at > {now} AND t.resolution_due_at <= {until})),
    'running', count(*) FILTER (WHERE t.due_at > {now}),
    'breached', count(*) FILTER (WHERE t.due_at <= {now}),
    'paused', count(*) FILTER (WHERE t.due_at IS NULL AND t.status = 'on-hold'))
FROM ticketing.tickets AS t {where}
"""
_PART = """
(SELECT {part} AS part, {at} AS at, t.number, {place} AS place, {tie} AS tie FROM ticketing.tickets AS t
 {where} ORDER BY {order} LIMIT {count})
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of the list of due tickets.

    Attributes:
        number: its place among the parts. Two with one number are merged.
        at: the time that the tickets are ordered by; without one, they are ordered by number.
        condition: with places for the time of the first page, and for the end of the filter's time.
    """

    number: int
    at: str | None
    condition: str
    descending: bool = False

    def select(self, clause: WhereClause, names: Mapping[str, str], after: CursorKey | None) -> str:
        """The first tickets of this part, after the last ticket of the previous page."""
        keys = ["t.number"] if self.at is None else [self.at, "t.number"]
        further = [self.condition.format(**names)]
        if after is not None and after[1] == self.number:
            bound = (
                [clause.bind(after[3])] if self.at is None else [clause.bind(_moment(after[2])), clause.bind(after[3])]
            )
            further.append(f"({', '.join(keys)}) {'<' if self.descending else '>'} ({', '.join(bound)})")
        sign = "-" if self.descending else ""
        return _PART.format(
            part=self.number,
            at=self.at or "NULL::timestamptz",
            place="0" if self.at is None else f"{sign}extract(epoch FROM {self.at})",
            tie=f"{sign}t.number",
            where=clause.where(*further),
            order=", ".join(f"{key} {'DESC' if self.descending else 'ASC'}" for key in keys),
            count=names["count"],
        )


_PARTS = (
    _Part(0, "t.due_at", "t.due_at > {now} AND t.due_at <= {until}"),
    # The first reply is late; the closing is not.
    _Part(
        0,
        "t.resolution_due_at",
        "t.due_at <= {now} AND t.resolution_due_at > {now} AND t.resolution_due_at <= {until}",
    ),
    _Part(
        1,
        "t.due_at",
        "t.due_at <= {now} "
        "AND (t.resolution_due_at IS NULL OR t.resolution_due_at <= {now} OR t.resolution_due_at > {until})",
        descending=True,
    ),
)
_PAUSED = _Part(2, None, "t.due_at IS NULL AND t.status = 'on-hold'", descending=True)


def due_statement(
    filters: DueFilter, queues: list[str] | None, now: datetime, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments of a page of due tickets, in parts. `after` is (time of the first page, part, time, number)."""
    clause = WhereClause()
    clause.add("t.status <> 'closed'")
    if filters.queue_id is not None:
        clause.add("t.queue_id = {}", filters.queue_id)
    if filters.assignee_id is not None:
        clause.add("t.assignee_id = {}", filters.assignee_id)
    if queues is not None:
        clause.add("t.queue_id = ANY ({}::text[])", queues)
    first = now if after is None else _moment(after[0])
    end = "'infinity'" if filters.within is None else clause.bind(first + filters.within)
    names = {"now": f"{clause.bind(first)}::timestamptz", "until": f"{end}::timestamptz"}
    names["count"] = f"{clause.bind(count)}::integer"
    parts = [*_PARTS, *([_PAUSED] if filters.within is None else [])]
    left = [part.select(clause, names, after) for part in parts if after is None or part.number >= after[1]]
    totals = _TOTALS.format(where=clause.where(), **names)
    return _DUE.format(totals=totals, parts=" UNION ALL ".join(left), count=names["count"]), clause.values


class ServiceLevelQueries:
    """`ServiceLevels` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def clocks(self, numbers: Sequence[int], now: datetime) -> list[TicketDeadlines]:
        document = await self._database.fetchval(CLOCKS, list(numbers), await granted_queues(self._database))
        found = json.loads(document)
        policies = _Policies(found["policies"])
        tickets = [TimedTicket.model_validate(one) for one in found["tickets"]]
        return [policies.deadlines(ticket, now, whole=len(numbers) == 1) for ticket in tickets]

    async def due(self, filters: DueFilter, now: datetime, count: int, after: CursorKey | None) -> DueTickets:
        queues = await granted_queues(self._database)
        statement, values = due_statement(filters, queues, now, count, after)
        found = json.loads(await self._database.fetchval(statement, *values))
        policies = _Policies(found["policies"])
        tickets = [TimedTicket.model_validate(one["ticket"]) for one in found["tickets"]]
        first = now.isoformat() if after is None else after[0]
        return DueTickets(
            tickets=[policies.deadlines(ticket, now) for ticket in tickets],
            keys=[(first, *one["key"]) for one in found["tickets"]],
            totals=DueTotals(**found["totals"]),
            is_stale=any(is_stale(ticket, policies.of(ticket)) for ticket in tickets),
        )


class _Policies:
    """The service levels of queues, each parsed when it is first needed."""

    def __init__(self, documents: Mapping[str, Mapping[str, str]] | None) -> None:
        self._documents = documents or {}
        self._parsed: dict[str, SlaPolicy | None] = {}

    def of(self, ticket: TimedTicket) -> SlaPolicy | None:
        """The service level of a ticket's queue; None for one that is not valid."""
        queue = ticket.queue_id
        if queue not in self._parsed:
            self._parsed[queue] = parse_policy(self._documents[queue]["definition"])
        return self._parsed[queue]

    def deadlines(self, ticket: TimedTicket, now: datetime, *, whole: bool = False) -> TicketDeadlines:
        return ticket_deadlines(ticket, self._documents[ticket.queue_id]["id"], self.of(ticket), now, whole=whole)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
