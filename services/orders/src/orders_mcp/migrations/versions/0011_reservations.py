"""Name the warehouses, and record which order each reserved piece belongs to.

Until here, `inventory.reserved` was a number without orders. Its pieces go to the pending and paid orders with the
product, oldest first. Reserved pieces that no such order needs become available.
"""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    r"""
CREATE TABLE orders.locations (
    tenant_id text COLLATE "C" NOT NULL REFERENCES orders.tenants (id),
    code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z]{2,12}-[0-9]{1,2}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    city text CHECK (length(city) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, code)
)""",
    """
CREATE TABLE orders.reservations (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    reserved_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, order_id, sku, location),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id),
    FOREIGN KEY (tenant_id, sku, location) REFERENCES orders.inventory (tenant_id, sku, location)
)""",
)
INDEX = """
CREATE INDEX reservations_by_shelf ON orders.reservations (tenant_id, sku, location, reserved_at, order_id)
"""

LOCATIONS = """
INSERT INTO orders.locations (tenant_id, code, name)
SELECT DISTINCT tenant_id, location, location FROM orders.inventory
"""
# Shelves and orders of a product stand on two equal scales of pieces; where they overlap, the order has the pieces.
RESERVATIONS = """
INSERT INTO orders.reservations (tenant_id, order_id, sku, location, quantity, reserved_at)
SELECT s.tenant_id, n.order_id, s.sku, s.location,
    least(s.upto, n.upto) - greatest(s.upto - s.reserved, n.upto - n.quantity), n.placed_at
FROM (
    SELECT tenant_id, sku, location, reserved,
        sum(reserved) OVER (PARTITION BY tenant_id, sku ORDER BY location) AS upto
    FROM orders.inventory
) AS s
JOIN (
    SELECT i.tenant_id, i.sku, i.order_id, i.quantity, o.placed_at,
        sum(i.quantity) OVER (PARTITION BY i.tenant_id, i.sku ORDER BY o.placed_at, o.id) AS upto
    FROM orders.orders AS o
    JOIN orders.order_items AS i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
    WHERE o.status IN ('pending', 'paid')
) AS n ON n.tenant_id = s.tenant_id AND n.sku = s.sku
    AND n.upto - n.quantity < s.upto AND n.upto > s.upto - s.reserved
WHERE s.reserved > 0
"""
RESERVED = """
UPDATE orders.inventory AS i SET reserved = r.reserved, version = version + 1
FROM (
    SELECT i.tenant_id, i.sku, i.location, coalesce(sum(r.quantity), 0) AS reserved
    FROM orders.inventory AS i
    LEFT JOIN orders.reservations AS r
        ON r.tenant_id = i.tenant_id AND r.sku = i.sku AND r.location = i.location
    GROUP BY i.tenant_id, i.sku, i.location
) AS r
WHERE r.tenant_id = i.tenant_id AND r.sku = i.sku AND r.location = i.location AND i.reserved <> r.reserved
"""

INVENTORY = (
    """ALTER TABLE orders.inventory ADD CONSTRAINT inventory_location_fkey
    FOREIGN KEY (tenant_id, location) REFERENCES orders.locations (tenant_id, code)""",
    "ALTER TABLE orders.inventory_adjustments ADD COLUMN reference text CHECK (length(reference) BETWEEN 1 AND 64)",
    "ALTER TABLE orders.inventory_adjustments DROP CONSTRAINT inventory_adjustments_reason_check",
    """ALTER TABLE orders.inventory_adjustments ADD CONSTRAINT inventory_adjustments_reason_check CHECK (
    reason IN ('opening', 'received', 'counted', 'damaged', 'returned', 'sold', 'shipped', 'transferred'))""",
)
GRANTS = (
    "GRANT SELECT ON orders.locations TO orders_writer",
    "GRANT SELECT, INSERT, UPDATE (quantity), DELETE ON orders.reservations TO orders_writer",
    """GRANT INSERT (tenant_id, sku, location, on_hand, reorder_point), UPDATE (reserved)
    ON orders.inventory TO orders_writer""",
)
_READ = ("inventory", "orders", "order_items")


def upgrade() -> None:
    """Create the tables and fill them from the rows of every tenant."""
    for statement in (*TABLES, INDEX):
        op.execute(statement)
    for table in _READ:
        op.execute(f"ALTER TABLE orders.{table} NO FORCE ROW LEVEL SECURITY")
    for statement in (LOCATIONS, RESERVATIONS, RESERVED):
        op.execute(statement)
    for table in _READ:
        op.execute(f"ALTER TABLE orders.{table} FORCE ROW LEVEL SECURITY")
    for statement in policy_statements("orders", {"locations": "tenant_id", "reservations": "tenant_id"}):
        op.execute(statement)
    for statement in (*INVENTORY, *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables; `inventory.reserved` stays. Ledger entries of newer kinds become counts."""
    op.execute("ALTER TABLE orders.inventory_adjustments NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE orders.inventory_adjustments SET reason = 'counted' WHERE reason IN ('shipped', 'transferred')")
    op.execute("ALTER TABLE orders.inventory_adjustments FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE orders.inventory_adjustments DROP CONSTRAINT inventory_adjustments_reason_check")
    op.execute(
        "ALTER TABLE orders.inventory_adjustments ADD CONSTRAINT inventory_adjustments_reason_check CHECK "
        "(reason IN ('opening', 'received', 'counted', 'damaged', 'returned', 'sold'))"
    )
    op.execute("ALTER TABLE orders.inventory_adjustments DROP COLUMN reference")
    op.execute("ALTER TABLE orders.inventory DROP CONSTRAINT inventory_location_fkey")
    op.execute(
        "REVOKE INSERT (tenant_id, sku, location, on_hand, reorder_point) ON orders.inventory FROM orders_writer"
    )
    op.execute("REVOKE UPDATE (reserved) ON orders.inventory FROM orders_writer")
    op.execute("DROP TABLE orders.reservations")
    op.execute("DROP TABLE orders.locations")
