"""Record which pieces each parcel carries, and which parcel a replacement replaces."""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE orders.shipment_lines (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    shipment_id uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (tenant_id, order_id, shipment_id, sku),
    FOREIGN KEY (tenant_id, order_id, shipment_id) REFERENCES orders.shipments (tenant_id, order_id, id),
    FOREIGN KEY (tenant_id, order_id, sku) REFERENCES orders.order_items (tenant_id, order_id, sku)
)"""
COLUMNS = (
    "ALTER TABLE orders.shipments ADD COLUMN replaces uuid CHECK (replaces <> id)",
    """ALTER TABLE orders.shipments ADD CONSTRAINT shipments_replaces_fkey
    FOREIGN KEY (tenant_id, order_id, replaces) REFERENCES orders.shipments (tenant_id, order_id, id)""",
    "ALTER TABLE orders.orders DROP CONSTRAINT orders_status_check",
    """ALTER TABLE orders.orders ADD CONSTRAINT orders_status_check CHECK (status IN (
    'draft', 'pending', 'paid', 'partially_shipped', 'shipped', 'delivered', 'cancelled', 'refunded'))""",
)
# Until here every order was sent in one parcel.
LINES = """
INSERT INTO orders.shipment_lines (tenant_id, order_id, shipment_id, sku, quantity)
SELECT s.tenant_id, s.order_id, s.id, i.sku, i.quantity
FROM (
    SELECT DISTINCT ON (tenant_id, order_id) tenant_id, order_id, id FROM orders.shipments
    ORDER BY tenant_id, order_id, shipped_at, id
) AS s
JOIN orders.order_items AS i ON i.tenant_id = s.tenant_id AND i.order_id = s.order_id
"""
_READ = ("shipments", "order_items")


def upgrade() -> None:
    """Create the table and fill it from the orders of every tenant."""
    for statement in (TABLE, *COLUMNS):
        op.execute(statement)
    for table in _READ:
        op.execute(f"ALTER TABLE orders.{table} NO FORCE ROW LEVEL SECURITY")
    op.execute(LINES)
    for table in _READ:
        op.execute(f"ALTER TABLE orders.{table} FORCE ROW LEVEL SECURITY")
    for statement in policy_statements("orders", {"shipment_lines": "tenant_id"}):
        op.execute(statement)
    op.execute("GRANT SELECT, INSERT ON orders.shipment_lines TO orders_writer")


def downgrade() -> None:
    """Drop the pieces of parcels. Orders of which some pieces were sent count as shipped."""
    op.execute("ALTER TABLE orders.orders NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE orders.orders SET status = 'shipped' WHERE status = 'partially_shipped'")
    op.execute("ALTER TABLE orders.orders FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE orders.orders DROP CONSTRAINT orders_status_check")
    op.execute(
        "ALTER TABLE orders.orders ADD CONSTRAINT orders_status_check CHECK "
        "(status IN ('draft', 'pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'))"
    )
    op.execute("ALTER TABLE orders.shipments DROP COLUMN replaces")
    op.execute("DROP TABLE orders.shipment_lines")
