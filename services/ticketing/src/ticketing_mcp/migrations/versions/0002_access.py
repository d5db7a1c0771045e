"""Enable row-level security by tenant, grant rights to the reader and writer roles, create the journal."""

from alembic import op

from servicekit.journal.tables import create_statements, drop_statements
from servicekit.storage.row_level_security import drop_policy_statements, policy_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT_TABLES = {
    "tenants": "id",
    "sla_policies": "tenant_id",
    "queues": "tenant_id",
    "macros": "tenant_id",
    "users": "tenant_id",
    "user_terms": "tenant_id",
    "queue_members": "tenant_id",
    "tickets": "tenant_id",
    "comments": "tenant_id",
    "events": "tenant_id",
    "holds": "tenant_id",
    "links": "tenant_id",
    "vocabulary": "tenant_id",
    "vocabulary_trigrams": "tenant_id",
    "ticket_terms": "tenant_id",
}

# Text and events are append-only. Only index rows (ticket_terms) are deleted, when a title changes.
WRITER_GRANTS = (
    "GRANT SELECT, UPDATE (next_ticket_number) ON ticketing.tenants TO ticketing_writer",
    """GRANT SELECT ON ticketing.sla_policies, ticketing.queues, ticketing.macros, ticketing.queue_members
    TO ticketing_writer""",
    """GRANT SELECT, INSERT ON ticketing.users, ticketing.user_terms, ticketing.tickets, ticketing.comments,
    ticketing.events, ticketing.holds, ticketing.links, ticketing.vocabulary, ticketing.vocabulary_trigrams,
    ticketing.ticket_terms TO ticketing_writer""",
    """GRANT UPDATE (title, status, priority, queue_id, assignee_id, updated_at, first_replied_at, closed_at,
    resolution, merged_into, version) ON ticketing.tickets TO ticketing_writer""",
    "GRANT UPDATE (ended_at) ON ticketing.holds TO ticketing_writer",
    "GRANT DELETE ON ticketing.ticket_terms TO ticketing_writer",
)


def upgrade() -> None:
    """Enable row-level security, grant rights, create the journal."""
    closed = policy_statements("ticketing", TENANT_TABLES)
    for statement in (*closed, *WRITER_GRANTS, *create_statements("ticketing", "ticketing_writer")):
        op.execute(statement)


def downgrade() -> None:
    """Drop the journal with its rows and revoke all rights."""
    for statement in (*drop_statements("ticketing"), *drop_policy_statements("ticketing", TENANT_TABLES)):
        op.execute(statement)
