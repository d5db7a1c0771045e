"""Tags of tickets on Postgres."""

from collections.abc import Sequence

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.models.tags import TagUse

_NEWEST = 5000
"""Rows of the newest tickets that are counted: a count of all would read the whole tenant."""
_LOOKED_AT = 2000
"""Tickets of a tag that are looked at for one of the granted queues."""

TAGS_OF_TICKET = """(
    SELECT coalesce(json_agg(g.tag ORDER BY g.tag), '[]') FROM ticketing.ticket_tags AS g WHERE g.number = t.number)"""
# OFFSET 0 keeps each subquery a look-up.
TAGS = f"""
SELECT n.tag, count(*) AS tickets
FROM (SELECT g.tag, g.number FROM ticketing.ticket_tags AS g ORDER BY g.number DESC LIMIT {_NEWEST}) AS n
WHERE $1::text[] IS NULL OR EXISTS (
    SELECT FROM ticketing.tickets AS t WHERE t.number = n.number AND t.queue_id = ANY ($1) OFFSET 0)
GROUP BY n.tag ORDER BY count(*) DESC, n.tag LIMIT $2
"""
KNOWN_TAGS = f"""
SELECT w.tag FROM unnest($2::text[]) AS w (tag)
WHERE EXISTS (
    SELECT FROM (
        SELECT g.number FROM ticketing.ticket_tags AS g WHERE g.tag = w.tag ORDER BY g.number DESC LIMIT {_LOOKED_AT}
    ) AS n
    WHERE $1::text[] IS NULL OR EXISTS (
        SELECT FROM ticketing.tickets AS t WHERE t.number = n.number AND t.queue_id = ANY ($1) OFFSET 0))
"""
INSERT_TAGS = """
INSERT INTO ticketing.ticket_tags (tenant_id, number, tag)
SELECT current_setting('app.tenant'), $1, w.tag FROM unnest($2::text[]) AS w (tag)
"""
DELETE_TAGS = "DELETE FROM ticketing.ticket_tags WHERE number = $1 AND tag = ANY ($2::text[])"


class TagQueries:
    """`Tags` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tags(self, count: int) -> list[TagUse]:
        rows = await self._database.fetch(TAGS, await granted_queues(self._database), count)
        return [TagUse(**row) for row in rows]

    async def known_tags(self, tags: Sequence[str]) -> list[str]:
        rows = await self._database.fetch(KNOWN_TAGS, await granted_queues(self._database), list(tags))
        return [row[0] for row in rows]


async def write_tags(database: Database, number: int, add: Sequence[str], remove: Sequence[str]) -> None:
    """Write the tags of a ticket that is new or locked."""
    if remove:
        await database.fetch(DELETE_TAGS, number, list(remove))
    if add:
        await database.fetch(INSERT_TAGS, number, list(add))
