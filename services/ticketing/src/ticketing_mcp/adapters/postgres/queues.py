"""Queries for queues and service levels."""

import json
from collections.abc import Collection

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.models.queues import AGES, LoadedQueue, LoadGroup, Queue, QueueState, queue_state
from ticketing_mcp.models.sla import SlaPolicy

QUEUES = """
SELECT id, name, purpose, sla_policy_id, default_priority FROM ticketing.queues
WHERE $1::text[] IS NULL OR id = ANY ($1) ORDER BY id
"""
# Of the next target that is not reached yet. "Soon" is within two hours.
_IS_BREACHED = "t.due_at <= now()"
_IS_DUE_SOON = "t.due_at > now() AND t.due_at <= now() + interval '2 hours'"
_AGE = f"""
CASE WHEN t.created_at > now() - interval '1 day' THEN '{AGES[0]}'
    WHEN t.created_at > now() - interval '3 days' THEN '{AGES[1]}'
    WHEN t.created_at > now() - interval '7 days' THEN '{AGES[2]}' ELSE '{AGES[3]}' END
"""
# tickets_by_queue_and_due has all that is counted here, for the tickets that are not closed alone.
LOADED_QUEUES = f"""
SELECT json_build_object(
    'id', q.id, 'name', q.name, 'purpose', q.purpose, 'sla_policy_id', q.sla_policy_id,
    'default_priority', q.default_priority,
    'load', coalesce(l.load, json_build_object('breached', 0, 'due_soon', 0)))
FROM ticketing.queues AS q
LEFT JOIN (
    SELECT t.queue_id, json_build_object(
        'open', count(*) FILTER (WHERE t.status = 'open'),
        'pending', count(*) FILTER (WHERE t.status = 'pending'),
        'on_hold', count(*) FILTER (WHERE t.status = 'on-hold'),
        'unassigned', count(*) FILTER (WHERE t.assignee_id IS NULL),
        'breached', count(*) FILTER (WHERE {_IS_BREACHED}),
        'due_soon', count(*) FILTER (WHERE {_IS_DUE_SOON})) AS load
    FROM ticketing.tickets AS t
    WHERE t.status <> 'closed' AND ($1::text[] IS NULL OR t.queue_id = ANY ($1)) GROUP BY t.queue_id
) AS l ON l.queue_id = q.id
WHERE $1::text[] IS NULL OR q.id = ANY ($1) ORDER BY q.id
"""
QUEUE = f"""
WITH groups AS MATERIALIZED (
    SELECT t.assignee_id, t.status, {_AGE} AS age, coalesce({_IS_BREACHED}, false) AS is_breached,
        coalesce({_IS_DUE_SOON}, false) AS is_due_soon, count(*) AS tickets
    FROM ticketing.tickets AS t WHERE t.queue_id = $1 AND t.status <> 'closed' GROUP BY 1, 2, 3, 4, 5
)
SELECT json_build_object(
    'queue', json_build_object(
        'id', q.id, 'name', q.name, 'purpose', q.purpose, 'sla_policy_id', q.sla_policy_id,
        'default_priority', q.default_priority),
    'members', (
        SELECT coalesce(json_agg(m.user_id ORDER BY m.user_id), '[]') FROM ticketing.queue_members AS m
        WHERE m.tenant_id = q.tenant_id AND m.queue_id = q.id),
    'staff', (
        SELECT coalesce(json_object_agg(u.id, u.name), '{{}}') FROM ticketing.users AS u
        WHERE u.tenant_id = q.tenant_id AND u.id = ANY (array(
            SELECT m.user_id FROM ticketing.queue_members AS m WHERE m.tenant_id = q.tenant_id AND m.queue_id = q.id
            UNION SELECT g.assignee_id FROM groups AS g))),
    'groups', (SELECT coalesce(json_agg(g), '[]') FROM groups AS g))
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

    async def loaded_queues(self) -> list[LoadedQueue]:
        rows = await self._database.fetch(LOADED_QUEUES, await granted_queues(self._database))
        return [LoadedQueue.model_validate_json(row[0]) for row in rows]

    async def queue(self, queue_id: str) -> QueueState | None:
        document = await self._database.fetchval(QUEUE, queue_id, await granted_queues(self._database))
        if document is None:
            return None
        found = json.loads(document)
        groups = [LoadGroup(**group) for group in found["groups"]]
        return queue_state(Queue(**found["queue"]), found["staff"], found["members"], groups)

    async def queue_members(self, queue_ids: Collection[str]) -> dict[str, list[str]]:
        return {row[0]: row[1] for row in await self._database.fetch(MEMBERS, sorted(queue_ids))}

    async def policies(self) -> list[SlaPolicy]:
        return [SlaPolicy.model_validate_json(row[0]) for row in await self._database.fetch(POLICIES)]
