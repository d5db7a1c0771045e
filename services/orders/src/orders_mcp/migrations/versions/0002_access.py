"""Who may touch which rows: row-level security by tenant, and the rights of the two serving roles."""

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

# Nothing is ever deleted, and ledgers (events, adjustments) are only added to.
WRITER_GRANTS = (
    "GRANT SELECT, UPDATE (next_order_number) ON orders.tenants TO orders_writer",
    "GRANT SELECT ON orders.customers, orders.customer_terms, orders.products TO orders_writer",
    "GRANT SELECT, UPDATE ON orders.inventory TO orders_writer",
    "GRANT SELECT, INSERT ON orders.inventory_adjustments, orders.order_events TO orders_writer",
    "GRANT SELECT, INSERT, UPDATE ON orders.orders, orders.order_items, orders.shipments TO orders_writer",
    "GRANT SELECT, INSERT, UPDATE ON orders.payments, orders.refunds TO orders_writer",
)


def upgrade() -> None:
    """Close every table, then open what each role needs."""
    for statement in (*policy_statements("orders", TENANT_TABLES), *WRITER_GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Take every right back."""
    for statement in drop_policy_statements("orders", TENANT_TABLES):
        op.execute(statement)
