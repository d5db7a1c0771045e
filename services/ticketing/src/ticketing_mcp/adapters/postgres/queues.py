"""Queries for queues and service levels."""

from collections.abc import Collection

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.models.queues import Queue, QueueState
from ticketing_mcp.models.sla import SlaPolicy

QUEUES = """
SELECT id, name, purpose, sla_policy_id, default_priority FROM ticketing.queues
WHERE $1::text[] IS NULL OR id = ANY ($1) ORDER BY id
"""
QUEUE = """
SELECT json_build_object(
    'id', q.id, 'name', q.name, 'purpose', q.purpose, 'sla_policy_id', q.sla_policy_id,
    'default_priority', q.default_priority,
    'members', (
        SELECT coalesce(json_agg(m.user_id ORDER BY m.user_id), '[]') FROM ticketing.queue_members AS m
        WHERE m.tenant_id = q.tenant_id AND m.queue_id = q.id),
    'load', (
        SELECT json_build_object(
            'open', count(*) FILTER (WHERE t.status = 'open'),
            'pending', count(*) FILTER (WHERE t.status = 'pending'),
            'on_hold', count(*) FILTER (WHERE t.status = 'on-hold'),
            'unassigned', count(*) FILTER (WHERE t.assignee_id IS NULL))
        FROM ticketing.tickets AS t
        WHERE t.tenant_id = q.tenant_id AND t.queue_id = q.id AND t.status = ANY ('{open,pending,on-hold}')))
FROM ticketing.queues AS q
WHERE q.id = $1 AND ($2::text[] IS NULL OR q.id = ANY ($2))
"""
MEMBERS = """
SELECT m.queue_id, array_agg(m.user_id ORDER BY m.user_id) FROM ticketing.queue_members AS m
WHERE m.queue_id = ANY ($1::text[]) GROUP BY m.queue_id
"""
POLICIES = "SELECT definition FROM ticketing.sla_policies ORDER BY id"


class QueueQueries:
    """`Queues` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queues(self) -> list[Queue]:
        return [Queue(**row) for row in await self._database.fetch(QUEUES, await granted_queues(self._database))]

    async def queue(self, queue_id: str) -> QueueState | None:
        document = await self._database.fetchval(QUEUE, queue_id, await granted_queues(self._database))
        return None if document is None else QueueState.model_validate_json(document)

    async def members(self, queue_ids: Collection[str]) -> dict[str, list[str]]:
        return {row[0]: row[1] for row in await self._database.fetch(MEMBERS, sorted(queue_ids))}

    async def policies(self) -> list[SlaPolicy]:
        return [SlaPolicy.model_validate_json(row[0]) for row in await self._database.fetch(POLICIES)]
