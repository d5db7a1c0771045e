"""Queries for users."""

from collections.abc import Sequence

from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER
from servicekit.storage.where_clause import WhereClause
from ticketing_mcp.models.users import User, UserKind

_USERS = """
SELECT json_build_object('id', u.id, 'kind', u.kind, 'email', u.email, 'name', u.name, 'queues', (
    SELECT coalesce(json_agg(m.queue_id ORDER BY m.queue_id), '[]') FROM ticketing.queue_members AS m
    WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id))
FROM ({users}) AS u
ORDER BY u.id
"""
_FOUND = "SELECT u.tenant_id, u.id, u.kind, u.email, u.name FROM {source} {where} ORDER BY {order} LIMIT {count}"
_STAFF = """
SELECT u.tenant_id, u.id, u.kind, u.email, u.name FROM ticketing.users AS u
WHERE u.kind = 'staff' AND u.{} = ANY ($1::text[])
"""
# Not one condition with OR: a UNION looks both columns up.
STAFF = _USERS.format(users=f"{_STAFF.format('id')} UNION {_STAFF.format('email')}")
_USERS_BY_TERM = "SELECT w.user_id FROM ticketing.user_terms AS w WHERE w.term >= {} AND w.term <= {}"
# LATERAL and OFFSET 0: look up the users one after another, in order, until the page is full. Before Postgres 17, the
# planner could read all users of a tenant in order instead, and filter them.
_WITH_FIRST_TERM = f"""(
    SELECT DISTINCT user_id FROM ({_USERS_BY_TERM} ORDER BY w.term, w.user_id LIMIT 2000) AS terms ORDER BY user_id
) AS found CROSS JOIN LATERAL (SELECT * FROM ticketing.users AS u WHERE u.id = found.user_id OFFSET 0) AS u"""
# OFFSET 0 keeps this a look-up per user.
_HAS_TERM = (
    "EXISTS (SELECT FROM ticketing.user_terms AS w WHERE w.tenant_id = u.tenant_id AND w.user_id = u.id "
    "AND w.term >= {} AND w.term <= {} OFFSET 0)"
)


def users_statement(
    words: Sequence[str], kind: UserKind | None, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments for users: the first 2000 that match the longest word, filtered by the other words."""
    conditions = WhereClause()
    source, order = "ticketing.users AS u", "u.id"
    for place, word in enumerate(sorted(words, key=len, reverse=True)):
        if place:
            conditions.add(_HAS_TERM, word, word + LAST_CHARACTER)
        else:
            terms = conditions.bind(word), conditions.bind(word + LAST_CHARACTER)
            source, order = _WITH_FIRST_TERM.format(*terms), "found.user_id"
    if kind:
        conditions.add("u.kind = {}", kind)
    if after:
        conditions.add(f"{order} > {{}}", after[0])
    found = _FOUND.format(source=source, where=conditions.where(), order=order, count=conditions.bind(count))
    return _USERS.format(users=found), conditions.values


class PeopleQueries:
    """`People` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def users(
        self, words: Sequence[str], kind: UserKind | None, count: int, after: CursorKey | None
    ) -> list[User]:
        statement, values = users_statement(words, kind, count, after)
        return [User.model_validate_json(row[0]) for row in await self._database.fetch(statement, *values)]

    async def staff(self, names: Sequence[str]) -> list[User]:
        return [User.model_validate_json(row[0]) for row in await self._database.fetch(STAFF, list(names))]
