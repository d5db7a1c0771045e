"""Create the returns of orders and their pieces."""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    """
CREATE TABLE orders.returns (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT orders.uuidv7(),
    status text COLLATE "C" NOT NULL CHECK (
        status IN ('requested', 'received', 'inspected', 'refunded', 'restocked', 'rejected', 'cancelled')),
    reason text NOT NULL CHECK (reason IN ('damaged', 'wrong_item', 'changed_mind', 'other', 'undeliverable')),
    note text CHECK (length(note) <= 1000),
    step_note text CHECK (length(step_note) <= 1000),
    shipment_id uuid,
    location text COLLATE "C" CHECK (location ~ '^[a-z]{2,12}-[0-9]{1,2}$'),
    requested_at timestamptz NOT NULL,
    requested_by text,
    status_at timestamptz NOT NULL,
    received_at timestamptz,
    inspected_at timestamptz,
    refunded_at timestamptz,
    restocked_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, order_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id, shipment_id) REFERENCES orders.shipments (tenant_id, order_id, id),
    CHECK (inspected_at IS NULL OR received_at IS NOT NULL),
    CHECK (status NOT IN ('requested', 'cancelled') OR received_at IS NULL),
    CHECK (status <> 'received' OR (received_at IS NOT NULL AND inspected_at IS NULL)),
    CHECK (status NOT IN ('inspected', 'refunded', 'restocked') OR inspected_at IS NOT NULL),
    CHECK (status <> 'refunded' OR refunded_at IS NOT NULL),
    CHECK ((restocked_at IS NULL OR location IS NOT NULL) AND (status <> 'restocked' OR restocked_at IS NOT NULL))
)""",
    """
CREATE TABLE orders.return_lines (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    return_id uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    accepted integer CHECK (accepted BETWEEN 0 AND quantity),
    damaged integer NOT NULL DEFAULT 0 CHECK (damaged BETWEEN 0 AND coalesce(accepted, 0)),
    refunded integer NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND quantity),
    restocked integer NOT NULL DEFAULT 0 CHECK (restocked BETWEEN 0 AND quantity),
    PRIMARY KEY (tenant_id, order_id, return_id, sku),
    FOREIGN KEY (tenant_id, order_id, return_id) REFERENCES orders.returns (tenant_id, order_id, id),
    FOREIGN KEY (tenant_id, order_id, sku) REFERENCES orders.order_items (tenant_id, order_id, sku)
)""",
)
INDEXES = (
    "CREATE INDEX returns_by_time ON orders.returns (tenant_id, requested_at, id)",
    "CREATE INDEX returns_by_status ON orders.returns (tenant_id, status, status_at, id)",
)
TENANT_TABLES = {"returns": "tenant_id", "return_lines": "tenant_id"}
RIGHTS = (
    "GRANT SELECT, INSERT ON orders.returns, orders.return_lines TO orders_writer",
    """GRANT UPDATE (
    status, step_note, location, status_at, received_at, inspected_at, refunded_at, restocked_at, version)
    ON orders.returns TO orders_writer""",
    "GRANT UPDATE (accepted, damaged, refunded, restocked) ON orders.return_lines TO orders_writer",
)


def upgrade() -> None:
    """Create the tables with their rights."""
    for statement in (*TABLES, *INDEXES, *policy_statements("orders", TENANT_TABLES), *RIGHTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables with their rows."""
    op.execute("DROP TABLE orders.return_lines, orders.returns")
