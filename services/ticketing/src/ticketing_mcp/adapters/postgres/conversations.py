"""Queries for the comments of a ticket. Postgres builds the JSON of the models."""

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import GRANTED, granted_queues
from ticketing_mcp.models.tickets import Comment

COMMENTS = f"""
SELECT CASE WHEN c.sequence IS NOT NULL THEN json_build_object(
    'sequence', c.sequence, 'kind', c.kind, 'author_id', c.author_id, 'body', c.body, 'at', c.at) END
FROM ticketing.tickets AS t
LEFT JOIN LATERAL (
    SELECT sequence, kind, author_id, body, at FROM ticketing.comments
    WHERE tenant_id = t.tenant_id AND number = t.number AND sequence > $3 ORDER BY sequence LIMIT $4
) AS c ON true
WHERE t.number = $1 AND {GRANTED}
ORDER BY c.sequence
"""


class ConversationQueries:
    """`Conversations` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def comments(self, number: int, count: int, after: int) -> list[Comment] | None:
        rows = await self._database.fetch(COMMENTS, number, await granted_queues(self._database), after, count)
        return [Comment.model_validate_json(row[0]) for row in rows if row[0] is not None] if rows else None
