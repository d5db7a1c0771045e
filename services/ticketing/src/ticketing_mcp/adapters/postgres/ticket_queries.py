"""Queries for one ticket and its history. Postgres builds the JSON of the models."""

from collections.abc import Sequence

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.attachments import OF_TICKET
from ticketing_mcp.adapters.postgres.custom_fields import FIELD_VALUES, MISSING_FIELDS
from ticketing_mcp.adapters.postgres.grants import GRANTED, granted_queues
from ticketing_mcp.adapters.postgres.tags import TAGS_OF_TICKET
from ticketing_mcp.models.comments import beginning
from ticketing_mcp.models.identifiers import MAX_TEXT
from ticketing_mcp.models.mail.view import shown_body
from ticketing_mcp.models.order_numbers import ORDER_MENTION
from ticketing_mcp.models.tickets import Event, Ticket

# Direct and indirect merges into `t`: a target may have been merged later. LATERAL and OFFSET 0 look up the tickets one
# after another. The planner expects many from a recursion, and would read all of the tenant's.
MERGED = """
WITH RECURSIVE merges AS (
    SELECT m.number FROM ticketing.tickets AS m WHERE m.tenant_id = t.tenant_id AND m.merged_into = t.number
    UNION ALL
    SELECT m.number FROM merges CROSS JOIN LATERAL (
        SELECT g.number FROM ticketing.tickets AS g
        WHERE g.tenant_id = t.tenant_id AND g.merged_into = merges.number OFFSET 0) AS m
)
SELECT coalesce(json_agg(json_build_object(
    'ticket_id', 'T-' || m.number, 'merged_into', 'T-' || m.merged_into, 'merged_at', m.merged_at,
    'requester_id', m.requester_id, 'requester_email', r.email, 'requester_name', r.name,
    'awaits_reply', coalesce((
        SELECT c.kind FROM ticketing.comments AS c
        WHERE c.tenant_id = t.tenant_id AND c.number = m.number AND c.kind <> 'internal_note'
        ORDER BY c.sequence DESC LIMIT 1), 'requester_message') <> 'public_reply'
        AND NOT (m.requester_id = t.requester_id AND EXISTS (
            SELECT FROM ticketing.comments AS c
            WHERE c.tenant_id = t.tenant_id AND c.number = t.number AND c.kind = 'public_reply'
                AND c.at > greatest(m.created_at, (
                    SELECT max(own.at) FROM ticketing.comments AS own
                    WHERE own.tenant_id = t.tenant_id AND own.number = m.number
                        AND own.kind = 'requester_message')))))
    ORDER BY m.merged_at DESC, m.number), '[]')
FROM (
    SELECT m.* FROM merges CROSS JOIN LATERAL (
        SELECT g.number, g.merged_into, g.merged_at, g.requester_id, g.queue_id, g.created_at
        FROM ticketing.tickets AS g
        WHERE g.tenant_id = t.tenant_id AND g.number = merges.number OFFSET 0) AS m
    WHERE $2::text[] IS NULL OR m.queue_id = ANY ($2)
    ORDER BY m.merged_at DESC, m.number LIMIT 50
) AS m
CROSS JOIN LATERAL (
    SELECT u.email, u.name FROM ticketing.users AS u WHERE u.tenant_id = t.tenant_id AND u.id = m.requester_id OFFSET 0
) AS r
"""

_TICKET = f"""
SELECT json_build_object(
    'id', 'T-' || t.number, 'title', t.title, 'body', t.body, 'status', t.status, 'priority', t.priority,
    'queue_id', t.queue_id, 'assignee_id', t.assignee_id, 'requester_id', u.id, 'requester_email', u.email,
    'requester_name', u.name, 'format', t.format, 'cc', nullif(t.cc, '{{}}'),
    'version', t.version, 'created_at', t.created_at, 'updated_at', t.updated_at,
    'first_replied_at', t.first_replied_at, 'closed_at', t.closed_at, 'resolution', t.resolution,
    'merged_into', 'T-' || t.merged_into, 'merged_at', t.merged_at, 'status_before_merge', t.status_before_merge,
    'tags', {TAGS_OF_TICKET},
    'custom_fields', {FIELD_VALUES}, 'missing_fields', {MISSING_FIELDS},
    'attachments', {OF_TICKET},
    'comment_count', (
        SELECT coalesce(max(c.sequence), 0) FROM ticketing.comments AS c
        WHERE c.tenant_id = t.tenant_id AND c.number = t.number),
    'mentions', (
        SELECT json_agg(m.found[1])
        FROM (
            SELECT c.body FROM ticketing.comments AS c
            WHERE c.tenant_id = t.tenant_id AND c.number = t.number ORDER BY c.sequence DESC LIMIT 50
        ) AS newest
        CROSS JOIN LATERAL regexp_matches(newest.body, '{ORDER_MENTION}', 'gi') AS m (found)),
    'holds', (
        SELECT coalesce(json_agg(json_build_object('started_at', h.started_at, 'ended_at', h.ended_at)
                                 ORDER BY h.started_at), '[]')
        FROM ticketing.holds AS h WHERE h.tenant_id = t.tenant_id AND h.number = t.number),
    'links', (
        SELECT coalesce(json_agg(json_build_object('kind', l.kind, 'ticket_id', 'T-' || l.other)
                                 ORDER BY l.kind, l.other), '[]')
        FROM (
            SELECT own.kind, own.other_number AS other FROM ticketing.links AS own
            WHERE own.tenant_id = t.tenant_id AND own.number = t.number
            UNION ALL
            SELECT CASE theirs.kind WHEN 'blocks' THEN 'blocked_by' WHEN 'duplicates' THEN 'duplicated_by'
                ELSE theirs.kind END, theirs.number
            FROM ticketing.links AS theirs
            WHERE theirs.tenant_id = t.tenant_id AND theirs.other_number = t.number
            UNION ALL
            SELECT 'merged_from', gone.number FROM ticketing.tickets AS gone
            WHERE gone.tenant_id = t.tenant_id AND gone.merged_into = t.number
        ) AS l
        JOIN ticketing.tickets AS o ON o.tenant_id = t.tenant_id AND o.number = l.other
        WHERE $2::text[] IS NULL OR o.queue_id = ANY ($2)),
    'merged', ({MERGED}))
FROM ticketing.tickets AS t
JOIN ticketing.users AS u ON u.tenant_id = t.tenant_id AND u.id = t.requester_id
"""
TICKET = f"{_TICKET} WHERE t.number = $1 AND {GRANTED}"
TICKETS = f"{_TICKET} WHERE t.number = ANY ($1::integer[]) AND {GRANTED} ORDER BY t.number"

HISTORY = f"""
SELECT CASE WHEN e.sequence IS NOT NULL THEN json_build_object(
    'sequence', e.sequence, 'at', e.at, 'kind', e.kind, 'actor', e.actor, 'actor_id', e.actor_id,
    'detail', e.detail, 'resolution', e.resolution) END
FROM ticketing.tickets AS t
LEFT JOIN LATERAL (
    SELECT sequence, at, kind, actor, actor_id, detail, resolution FROM ticketing.events
    WHERE tenant_id = t.tenant_id AND number = t.number AND sequence > $3 ORDER BY sequence LIMIT $4
) AS e ON true
WHERE t.number = $1 AND {GRANTED}
ORDER BY e.sequence
"""

NUMBERS = """
SELECT t.number FROM ticketing.tickets AS t
WHERE t.number >= $1 AND t.number <= $3 AND ($2::text[] IS NULL OR t.queue_id = ANY ($2))
ORDER BY t.number DESC LIMIT $4
"""


class TicketQueries:
    """`TicketReader` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, number: int) -> Ticket | None:
        document = await self._database.fetchval(TICKET, number, await granted_queues(self._database))
        return None if document is None else await _as_shown(Ticket.model_validate_json(document))

    async def get_all(self, numbers: Sequence[int]) -> list[Ticket]:
        rows = await self._database.fetch(TICKETS, list(numbers), await granted_queues(self._database))
        return [Ticket.model_validate_json(row[0]) for row in rows]

    async def history(self, number: int, count: int, after: int) -> list[Event] | None:
        rows = await self._database.fetch(HISTORY, number, await granted_queues(self._database), after, count)
        return [Event.model_validate_json(row[0]) for row in rows if row[0] is not None] if rows else None

    async def numbers(self, prefix: int | None, count: int) -> list[int]:
        ranges = [(1, 999_999_999)] if prefix is None else _numbers_from(prefix)
        found: list[int] = []
        for first, last in ranges:
            rows = await self._database.fetch(
                NUMBERS, first, await granted_queues(self._database), last, count - len(found)
            )
            found += [row[0] for row in rows]
            if len(found) == count:
                break
        return found


async def _as_shown(ticket: Ticket) -> Ticket:
    """The ticket with its first message as a text of bounded length."""
    body = await shown_body(ticket.body, ticket.format, folded=False)
    cut = beginning(body.text, MAX_TEXT)
    length = len(body.text) if len(cut) < len(body.text) else None
    shown = {"body": cut, "body_length": length, "hidden_characters": body.hidden or None}
    return ticket.model_copy(update=shown)


def _numbers_from(prefix: int) -> list[tuple[int, int]]:
    """Ranges of the numbers that start with these digits, largest first: 12 → 120-129, 12."""
    ranges = []
    power = 1
    while prefix and prefix * power <= 999_999_999:
        ranges.append((prefix * power, prefix * power + power - 1))
        power *= 10
    return ranges[::-1]
