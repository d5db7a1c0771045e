"""Conditions of a ticket search as SQL, and what its results are ordered by."""

from collections.abc import Sequence
from dataclasses import dataclass

from servicekit.schema import CursorKey
from servicekit.storage.where_clause import WhereClause
from ticketing_mcp.models.tickets import Status
from ticketing_mcp.ports.search import SearchOrder, TicketFilter

# Tickets of each number were created after those of smaller numbers, so their order is that of the numbers.
BY_NUMBER = "t.number"
UNRESOLVED = "t.status <> 'closed'"
"""As the indexes by due times have it."""
_DUE = {
    "breached": "t.due_at <= now()",
    "running": "t.due_at > now()",
    "paused": "t.due_at IS NULL AND t.status = 'on-hold'",
}


@dataclass(frozen=True, slots=True)
class Axis:
    """What tickets are ordered by: a column, then the number, both in one direction."""

    column: str = BY_NUMBER
    descending: bool = True

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"

    @property
    def order(self) -> str:
        """The columns of ORDER BY."""
        numbers = f"t.number {self.direction}"
        return numbers if self.column == BY_NUMBER else f"{self.column} {self.direction}, {numbers}"

    def add_after(self, conditions: WhereClause, after: CursorKey | None) -> None:
        """Only tickets behind the previous page."""
        if after is None:
            return
        sign = "<" if self.descending else ">"
        if self.column == BY_NUMBER:
            conditions.add(f"t.number {sign} {{}}", after[1])
        else:
            conditions.add(f"({self.column}, t.number) {sign} ({{}}::text::timestamptz, {{}})", *after)


def axis_of(filters: TicketFilter, order: SearchOrder) -> Axis:
    """The axis of an order other than by score."""
    column = filters.ordered_by("newest" if order == "score" else order)
    return Axis(f"t.{column}", descending=order not in ("oldest", "due"))


def filter_clause(filters: TicketFilter, queues: list[str] | None, order: SearchOrder = "score") -> WhereClause:
    """Conditions on a ticket `t`."""
    conditions = WhereClause()
    for column in ("priority", "queue_id", "assignee_id", "merged_into"):
        if (value := getattr(filters, column)) is not None:
            conditions.add(f"t.{column} = {{}}", value)
    _add_statuses(conditions, filters.statuses)
    _add_ranges(conditions, filters)
    if filters.unassigned:
        conditions.add("t.assignee_id IS NULL")
    if filters.requester is not None:
        known = "(SELECT u.id FROM ticketing.users AS u WHERE u.email = {})" if "@" in filters.requester else "{}"
        conditions.add(f"t.requester_id = {known}", filters.requester)
    for tag in filters.tags:
        conditions.add(
            "EXISTS (SELECT FROM ticketing.ticket_tags AS g WHERE g.number = t.number AND g.tag = {} OFFSET 0)", tag
        )
    _add_due(conditions, filters, order)
    if queues is not None:
        conditions.add("t.queue_id = ANY ({}::text[])", queues)
    if filters.query.number is not None:
        # With words too, `TicketSearch` puts the ticket with this number first and the words find the others.
        conditions.add("t.number <> {}" if filters.query.words else "t.number = {}", filters.query.number)
    return conditions


def _add_statuses(conditions: WhereClause, statuses: Sequence[Status]) -> None:
    if len(statuses) == 1:
        conditions.add("t.status = {}", statuses[0])
    elif statuses:
        conditions.add("t.status = ANY ({}::text[])", list(statuses))


def _add_due(conditions: WhereClause, filters: TicketFilter, order: SearchOrder) -> None:
    if not filters.by_due(order):
        return
    conditions.add(UNRESOLVED)
    if order == "due":
        conditions.add("t.due_at IS NOT NULL")
    if filters.sla is not None:
        conditions.add(_DUE[filters.sla])
    if filters.due_before is not None:
        conditions.add("t.due_at < {}", filters.due_before)


def _add_ranges(conditions: WhereClause, filters: TicketFilter) -> None:
    for column, limits in filters.ranges.items():
        if limits.first is not None:
            conditions.add(f"t.{column} >= {{}}", limits.first)
        if limits.end is not None:
            conditions.add(f"t.{column} < {{}}", limits.end)


def number_bounds(conditions: WhereClause, filters: TicketFilter) -> str:
    """Predicates on an index row `i` that leave the tickets which were there in the ranges of time.

    A ticket was created before it was updated or closed, so an end bounds its number too.
    """
    predicates = ""
    ends = [limits.end for limits in filters.ranges.values() if limits.end is not None]
    if ends:
        predicates += f" AND i.number <= ({_number_at('<', 'DESC').format(conditions.bind(min(ends)))})"
    if filters.created is not None and filters.created.first is not None:
        first = conditions.bind(filters.created.first)
        predicates += f" AND i.number >= ({_number_at('>=', 'ASC').format(first)})"
    return predicates


def _number_at(sign: str, direction: str) -> str:
    return (
        f"SELECT b.number FROM ticketing.tickets AS b WHERE b.created_at {sign} {{}} "
        f"ORDER BY b.created_at {direction}, b.number {direction} LIMIT 1"
    )
