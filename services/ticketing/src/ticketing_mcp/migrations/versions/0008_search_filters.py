"""Add a tenant's time zone, and indexes for searches by requester and by times."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = {
    "tickets_by_requester": "(tenant_id, requester_id, number DESC)",
    "tickets_by_creation": "(tenant_id, created_at DESC, number DESC)",
    "tickets_by_update": "(tenant_id, updated_at DESC, number DESC)",
    "tickets_by_closing": "(tenant_id, closed_at DESC, number DESC) WHERE closed_at IS NOT NULL",
}


def upgrade() -> None:
    """Create them. Days are counted in UTC until the desk's administrators set another time zone."""
    op.execute(
        "ALTER TABLE ticketing.tenants ADD COLUMN time_zone text COLLATE \"C\" NOT NULL DEFAULT 'UTC' "
        "CHECK (time_zone ~ '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$')"
    )
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON ticketing.tickets {columns}")


def downgrade() -> None:
    """Drop them."""
    for name in INDEXES:
        op.execute(f"DROP INDEX ticketing.{name}")
    op.execute("ALTER TABLE ticketing.tenants DROP COLUMN time_zone")
