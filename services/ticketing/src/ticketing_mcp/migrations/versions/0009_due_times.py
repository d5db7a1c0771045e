"""Store when the first reply and the closing of each ticket are due, to list tickets by what breaches next."""

from typing import Any

from alembic import op

from ticketing_mcp.models.due_times import TicketTimes, due_times, parse_policy

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BATCH = 10_000
READ = ("tickets", "holds", "queues", "sla_policies")
COLUMNS = """
ALTER TABLE ticketing.tickets
    ADD COLUMN reply_due_at timestamptz,
    ADD COLUMN resolution_due_at timestamptz,
    ADD COLUMN due_at timestamptz GENERATED ALWAYS AS (
        CASE WHEN status <> 'closed' THEN
            least(CASE WHEN first_replied_at IS NULL THEN reply_due_at END, resolution_due_at) END) STORED
"""
INDEXES = (
    """
CREATE INDEX tickets_by_queue_and_due ON ticketing.tickets (tenant_id, queue_id, due_at, number)
INCLUDE (status, assignee_id, created_at) WHERE status <> 'closed'""",
    "CREATE INDEX tickets_by_due ON ticketing.tickets (tenant_id, due_at, number) WHERE status <> 'closed'",
    """
CREATE INDEX tickets_by_resolution_due ON ticketing.tickets (tenant_id, resolution_due_at, number)
WHERE status <> 'closed'""",
)
POLICIES = """
SELECT q.tenant_id, q.id, p.definition::text FROM ticketing.queues AS q
JOIN ticketing.sla_policies AS p ON p.tenant_id = q.tenant_id AND p.id = q.sla_policy_id
"""
TICKETS = """
SELECT t.tenant_id, t.number, t.queue_id, t.priority, t.created_at, t.first_replied_at, t.closed_at,
    array(SELECT h.started_at FROM ticketing.holds AS h WHERE h.tenant_id = t.tenant_id AND h.number = t.number
          ORDER BY h.started_at),
    array(SELECT h.ended_at FROM ticketing.holds AS h WHERE h.tenant_id = t.tenant_id AND h.number = t.number
          ORDER BY h.started_at)
FROM ticketing.tickets AS t
WHERE (t.tenant_id, t.number) > ($1, $2) ORDER BY t.tenant_id, t.number LIMIT $3
"""
SET = """
UPDATE ticketing.tickets AS t SET reply_due_at = d.reply, resolution_due_at = d.resolution
FROM unnest($1::text[], $2::integer[], $3::timestamptz[], $4::timestamptz[]) AS d (tenant_id, number, reply, resolution)
WHERE t.tenant_id = d.tenant_id AND t.number = d.number
"""


def upgrade() -> None:
    """Add the columns, compute them for the tickets that exist (a minute or two for a million), index them."""
    op.execute(COLUMNS)
    op.execute("GRANT UPDATE (reply_due_at, resolution_due_at) ON ticketing.tickets TO ticketing_writer")
    for table in READ:
        op.execute(f"ALTER TABLE ticketing.{table} NO FORCE ROW LEVEL SECURITY")
    _compute(op.get_bind())
    for table in READ:
        op.execute(f"ALTER TABLE ticketing.{table} FORCE ROW LEVEL SECURITY")
    for statement in INDEXES:
        op.execute(statement)


def _compute(connection: Any) -> None:
    policies = {
        (tenant, queue): parse_policy(definition)
        for tenant, queue, definition in connection.exec_driver_sql(POLICIES).all()
    }
    last = ("", 0)
    while rows := connection.exec_driver_sql(TICKETS, (*last, BATCH)).all():
        computed = [
            due_times(
                TicketTimes(priority, created, list(zip(started, ended, strict=True)), replied, closed),
                policies[tenant, queue],
            )
            for tenant, _, queue, priority, created, replied, closed, started, ended in rows
        ]
        columns = ([row[0] for row in rows], [row[1] for row in rows])
        connection.exec_driver_sql(
            SET, (*columns, [one.reply for one in computed], [one.resolution for one in computed])
        )
        last = rows[-1][:2]


def downgrade() -> None:
    """Drop the columns with their indexes."""
    op.execute(
        "ALTER TABLE ticketing.tickets DROP COLUMN due_at, DROP COLUMN reply_due_at, DROP COLUMN resolution_due_at"
    )
