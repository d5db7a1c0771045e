"""Who may touch which rows: row-level security by tenant, forced, and the rights of the two serving roles.

The tenant is the session setting `app.tenant`. Without it the setting is null or empty, which equals no tenant, so
there are no rows. A right needs both a policy and a grant, so a mistake in one of them opens nothing.
"""

from alembic import op

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
    for table, column in TENANT_TABLES.items():
        own = f"{column} = current_setting('app.tenant', true)"
        op.execute(f"ALTER TABLE orders.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reader ON orders.{table} FOR SELECT TO orders_reader USING ({own})")
        for policy, role in (("writer", "orders_writer"), ("owner", "CURRENT_USER")):
            op.execute(f"CREATE POLICY {policy} ON orders.{table} TO {role} USING ({own}) WITH CHECK ({own})")
    op.execute("GRANT USAGE ON SCHEMA orders TO orders_reader, orders_writer")
    for table in TENANT_TABLES:
        op.execute(f"GRANT SELECT ON orders.{table} TO orders_reader")
    for grant in WRITER_GRANTS:
        op.execute(grant)


def downgrade() -> None:
    """Take every right back. The tables stay closed: nobody but a superuser sees a row."""
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA orders FROM orders_reader, orders_writer")
    op.execute("REVOKE ALL ON SCHEMA orders FROM orders_reader, orders_writer")
    for table in TENANT_TABLES:
        for policy in ("reader", "writer", "owner"):
            op.execute(f"DROP POLICY {policy} ON orders.{table}")
