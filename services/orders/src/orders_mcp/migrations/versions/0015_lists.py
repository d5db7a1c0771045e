"""Index refunds, parcels and returns by their day and state, and returns by their id."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = (
    """ALTER TABLE orders.refund_requests ADD COLUMN state_at timestamptz NOT NULL
    GENERATED ALWAYS AS (coalesce(decided_at, requested_at)) STORED""",
    "CREATE INDEX refund_requests_by_state ON orders.refund_requests (tenant_id, status, state_at, id)",
    "CREATE INDEX refund_requests_by_state_time ON orders.refund_requests (tenant_id, state_at, id)",
    "DROP INDEX orders.refund_requests_by_time",
    "CREATE INDEX refunds_without_request ON orders.refunds (tenant_id, created_at, id) WHERE request_id IS NULL",
    "CREATE INDEX shipments_by_time ON orders.shipments (tenant_id, shipped_at, id)",
    "CREATE INDEX shipments_by_status ON orders.shipments (tenant_id, status, shipped_at, id)",
    "CREATE INDEX returns_by_id ON orders.returns (tenant_id, id)",
)
UNDO = (
    "DROP INDEX orders.returns_by_id",
    "DROP INDEX orders.shipments_by_status",
    "DROP INDEX orders.shipments_by_time",
    "DROP INDEX orders.refunds_without_request",
    "CREATE INDEX refund_requests_by_time ON orders.refund_requests (tenant_id, status, requested_at, id)",
    "ALTER TABLE orders.refund_requests DROP COLUMN state_at",
)


def upgrade() -> None:
    """Add the moment of a refund's state, and the indexes."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take them off; no row changes."""
    for statement in UNDO:
        op.execute(statement)
