"""Create the write journal and audit trail, and limit the writer's rights to what write tools need."""

from alembic import op

from servicekit.journal.tables import create_statements, drop_statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Refunds and order lines are immutable. No tool creates payments: customers pay elsewhere.
NARROWED = (
    "REVOKE UPDATE ON orders.order_items, orders.refunds FROM orders_writer",
    "REVOKE INSERT, UPDATE ON orders.payments FROM orders_writer",
    "GRANT UPDATE (status, refunded_minor, version) ON orders.payments TO orders_writer",
    "REVOKE UPDATE ON orders.inventory FROM orders_writer",
    "GRANT UPDATE (on_hand, version) ON orders.inventory TO orders_writer",
    "REVOKE UPDATE ON orders.orders FROM orders_writer",
    """GRANT UPDATE (status, shipping_address, notes, cancellation_reason, updated_at, version)
    ON orders.orders TO orders_writer""",
    "REVOKE UPDATE ON orders.shipments FROM orders_writer",
    """GRANT UPDATE (status, tracking_number, expected_on, shipped_at, delivered_at, version)
    ON orders.shipments TO orders_writer""",
)
RESTORED = (
    """GRANT UPDATE ON orders.orders, orders.order_items, orders.payments, orders.refunds, orders.shipments,
    orders.inventory TO orders_writer""",
    "GRANT INSERT ON orders.payments TO orders_writer",
)
# The shipping tools enforce the same rule.
DELIVERED = """
ALTER TABLE orders.shipments ADD CONSTRAINT shipments_delivered
CHECK (status <> 'delivered' OR (shipped_at IS NOT NULL AND delivered_at IS NOT NULL))
"""


def upgrade() -> None:
    """Create the journal and limit the writer's rights."""
    for statement in create_statements("orders", "orders_writer"):
        op.execute(statement)
    for statement in (*NARROWED, DELIVERED):
        op.execute(statement)


def downgrade() -> None:
    """Drop the journal with its rows and restore the previous rights."""
    op.execute("ALTER TABLE orders.shipments DROP CONSTRAINT shipments_delivered")
    for statement in (*RESTORED, *drop_statements("orders")):
        op.execute(statement)
