"""Record the sales channel of orders and who made each event, and let reports read all amounts from an index."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# NULL means unknown: orders and events from before have neither.
COLUMNS = (
    """ALTER TABLE orders.orders ADD COLUMN channel text COLLATE "C"
    CHECK (channel IN ('web', 'store', 'phone', 'marketplace', 'back_office'))""",
    "ALTER TABLE orders.order_events ADD COLUMN made_by text CHECK (length(made_by) BETWEEN 1 AND 255)",
)
# The total is the sum of the four amounts, so the index leaves it out.
INDEXES = (
    "DROP INDEX orders.orders_for_reports",
    """CREATE INDEX orders_for_reports ON orders.orders (tenant_id, placed_at)
    INCLUDE (id, status, currency, region, channel, customer_id, subtotal_minor, discount_minor, shipping_fee_minor,
        tax_minor)""",
    "DROP INDEX orders.refunds_by_time",
    """CREATE INDEX refunds_by_time ON orders.refunds (tenant_id, created_at)
    INCLUDE (order_id, status, amount_minor)""",
)
RESTORED = (
    "DROP INDEX orders.refunds_by_time",
    "CREATE INDEX refunds_by_time ON orders.refunds (tenant_id, created_at)",
    "DROP INDEX orders.orders_for_reports",
    """CREATE INDEX orders_for_reports ON orders.orders (tenant_id, placed_at)
    INCLUDE (id, status, currency, region, total_minor)""",
    "ALTER TABLE orders.order_events DROP COLUMN made_by",
    "ALTER TABLE orders.orders DROP COLUMN channel",
)


def upgrade() -> None:
    """Add the columns and rebuild the indexes."""
    for statement in (*COLUMNS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    """Drop the columns with their values."""
    for statement in RESTORED:
        op.execute(statement)
