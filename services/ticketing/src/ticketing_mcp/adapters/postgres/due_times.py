"""Stores the due times of a tenant's tickets again, as the owner, after a service level or the queues' were changed."""

from typing import Any

from servicekit.storage.postgres.login.address import DatabaseAddress, address_from
from ticketing_mcp.models.due_times import TicketTimes, due_times, parse_policy

BATCH = 1000
POLICIES = """
SELECT q.id, p.definition FROM ticketing.queues AS q
JOIN ticketing.sla_policies AS p ON p.tenant_id = q.tenant_id AND p.id = q.sla_policy_id
"""
# Locked in the order in which every write locks tickets, until the batch is written.
LOCK_BATCH = """
SELECT t.number FROM ticketing.tickets AS t WHERE t.number > $1 ORDER BY t.number LIMIT $2 FOR UPDATE
"""
TIMES = """
SELECT t.queue_id, t.priority, t.created_at, t.first_replied_at, t.closed_at, t.reply_due_at, t.resolution_due_at,
    array(SELECT h.started_at FROM ticketing.holds AS h WHERE h.number = t.number ORDER BY h.started_at) AS starts,
    array(SELECT h.ended_at FROM ticketing.holds AS h WHERE h.number = t.number ORDER BY h.started_at) AS ends
FROM ticketing.tickets AS t WHERE t.number = ANY ($1::integer[]) ORDER BY t.number
"""
STORE = """
UPDATE ticketing.tickets AS t SET reply_due_at = d.reply, resolution_due_at = d.resolution
FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) AS d (number, reply, resolution)
WHERE t.number = d.number
"""


async def store_due_times(owner: DatabaseAddress | str, tenant: str) -> int:
    """Compute the due times of all tickets of a tenant, and store those that differ, in batches. The service may run.

    Returns:
        The number of tickets whose due times were wrong.

    Raises:
        CannotConnect: no connection, or Postgres is too old.
    """
    # Neither parameters nor statements of the session, which may be shared behind a pooler.
    connection = await address_from(owner).connect(statement_cache_size=0)
    try:
        changed, last = 0, 0
        while True:
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.tenant', $1, true)", tenant)
                numbers = [row[0] for row in await connection.fetch(LOCK_BATCH, last, BATCH)]
                if not numbers:
                    return changed
                changed += await _store(connection, numbers)
            last = numbers[-1]
    finally:
        await connection.close()


async def _store(connection: Any, numbers: list[int]) -> int:
    policies = {row[0]: parse_policy(row[1]) for row in await connection.fetch(POLICIES)}
    wrong = []
    # A statement after the lock sees what the previous holder of the lock committed.
    for number, row in zip(numbers, await connection.fetch(TIMES, numbers), strict=True):
        pauses = list(zip(row["starts"], row["ends"], strict=True))
        times = TicketTimes(row["priority"], row["created_at"], pauses, row["first_replied_at"], row["closed_at"])
        due = due_times(times, policies[row["queue_id"]])
        if (due.reply, due.resolution) != (row["reply_due_at"], row["resolution_due_at"]):
            wrong.append((number, due.reply, due.resolution))
    if wrong:
        await connection.execute(STORE, *map(list, zip(*wrong, strict=True)))
    return len(wrong)
