"""Queries for the messages of a ticket. Postgres builds the JSON of the records."""

from pydantic import TypeAdapter

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.attachments import OF_MESSAGE
from ticketing_mcp.adapters.postgres.grants import GRANTED, granted_queues
from ticketing_mcp.models.comments import FIRST_MESSAGE, KINDS
from ticketing_mcp.models.mail.view import LONGEST_BODY
from ticketing_mcp.ports.conversations import MOST_READ, Message, Wanted

# One row without a message for a ticket that has none of those wanted.
_MESSAGES = """
SELECT CASE WHEN m.sequence IS NOT NULL THEN json_build_object(
    'sequence', m.sequence, 'kind', m.kind, 'author_id', m.author_id, 'author_name', u.name, 'at', m.at,
    'body', left(m.body, {most}), 'format', m.format, 'length', length(m.body), 'sent_to', m.sent_to,
    'attachments', {attachments},
    'mentions', (
        SELECT coalesce(json_agg(w.user_id ORDER BY w.user_id), '[]') FROM ticketing.mentions AS w
        WHERE w.tenant_id = t.tenant_id AND w.number = t.number AND w.sequence = m.sequence)) END
FROM ticketing.tickets AS t
LEFT JOIN LATERAL (
    (
        SELECT c.sequence, c.kind, c.author_id, c.at, c.body, c.format, c.sent_to FROM ticketing.comments AS c
        WHERE c.tenant_id = t.tenant_id AND c.number = t.number AND {where} ORDER BY c.sequence {order} LIMIT $4
    )
    UNION ALL
    SELECT 0, 'requester_message', t.requester_id, t.created_at, t.body, t.format, NULL WHERE $5
    ORDER BY sequence {order} LIMIT $4
) AS m ON true
LEFT JOIN ticketing.users AS u ON u.tenant_id = t.tenant_id AND u.id = m.author_id
WHERE t.number = $1 AND {granted}
ORDER BY m.sequence {order}
"""
_LISTED = """
c.sequence {beyond} $3 AND c.kind = ANY ($6) AND ($7::text IS NULL OR EXISTS (
    SELECT FROM ticketing.mentions AS w
    WHERE w.tenant_id = c.tenant_id AND w.number = c.number AND w.sequence = c.sequence AND w.user_id = $7))
"""
_SHARED = {"granted": GRANTED, "attachments": OF_MESSAGE}
NEWEST = _MESSAGES.format(most=MOST_READ, where=_LISTED.format(beyond="<"), order="DESC", **_SHARED)
OLDEST = _MESSAGES.format(most=MOST_READ, where=_LISTED.format(beyond=">"), order="ASC", **_SHARED)
ONE = _MESSAGES.format(most=LONGEST_BODY, where="c.sequence = $3", order="ASC", **_SHARED)
_ABOVE_ALL = 2_147_483_647
_message = TypeAdapter(Message)


class ConversationQueries:
    """`Conversations` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def messages(self, number: int, wanted: Wanted, count: int) -> list[Message] | None:
        newest = wanted.order == "newest"
        beyond = wanted.beyond if wanted.beyond is not None else _ABOVE_ALL if newest else -1
        kinds = KINDS[wanted.audience]
        is_first_wanted = "requester_message" in kinds and wanted.mentions is None
        includes_first = is_first_wanted and (beyond > FIRST_MESSAGE if newest else beyond < FIRST_MESSAGE)
        rows = await self._database.fetch(
            NEWEST if newest else OLDEST,
            number,
            await granted_queues(self._database),
            beyond,
            count,
            includes_first,
            list(kinds),
            wanted.mentions,
        )
        return [_message.validate_json(row[0]) for row in rows if row[0] is not None] if rows else None

    async def message(self, number: int, sequence: int) -> Message | None:
        queues = await granted_queues(self._database)
        document = await self._database.fetchval(ONE, number, queues, sequence, 1, sequence == FIRST_MESSAGE)
        return None if document is None else _message.validate_json(document)
