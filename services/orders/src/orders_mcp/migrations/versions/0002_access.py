"""Enable row-level security by tenant and grant rights to the reader and writer roles."""

from alembic import op

from servicekit.storage.row_level_security import drop_policy_statements, policy_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT_TABLES = {
    "tenants": "id",
    "customers": "tenant_id",
    "customer_terms": "tenant_id",
    "products": "tenant_id",
    "inventory": "tenant_id",
    "inventory_adjustments": "tenant_id",
    "orders": "tenant_id",
    "order_items": "tenant_id",
    "payments": "tenant_id",
    "refunds": "tenant_id",
    "shipments": "tenant_id",
    "order_events": "tenant_id",
}

# No role may delete, and the ledgers (events, adjustments) are append-only.
WRITER_GRANTS = (
    "GRANT SELECT, UPDATE (next_order_number) ON orders.tenants TO orders_writer",
    "GRANT SELECT ON orders.customers, orders.customer_terms, orders.products TO orders_writer",
    "GRANT SELECT, UPDATE ON orders.inventory TO orders_writer",
    "GRANT SELECT, INSERT ON orders.inventory_adjustments, orders.order_events TO orders_writer",
    "GRANT SELECT, INSERT, UPDATE ON orders.orders, orders.order_items, orders.shipments TO orders_writer",
    "GRANT SELECT, INSERT, UPDATE ON orders.payments, orders.refunds TO orders_writer",
)


def upgrade() -> None:
    """Enable row-level security, then grant rights."""
    for statement in (*policy_statements("orders", TENANT_TABLES), *WRITER_GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Revoke all rights."""
    for statement in drop_policy_statements("orders", TENANT_TABLES):
        op.execute(statement)
