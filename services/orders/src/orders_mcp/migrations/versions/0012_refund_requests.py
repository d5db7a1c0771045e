"""Keep each refund as it was decided: its lines, what it is made of, and its approval by a second person."""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    # A request without expires_at needed no approval. One that was approved names the second person.
    """
CREATE TABLE orders.refund_requests (
    tenant_id text COLLATE "C" NOT NULL,
    id uuid NOT NULL DEFAULT orders.uuidv7(),
    order_id uuid NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (status IN ('requested', 'refunded', 'declined')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    items_minor bigint NOT NULL DEFAULT 0 CHECK (items_minor >= 0),
    discount_minor bigint NOT NULL DEFAULT 0 CHECK (discount_minor BETWEEN 0 AND items_minor),
    shipping_minor bigint NOT NULL DEFAULT 0 CHECK (shipping_minor >= 0),
    tax_minor bigint NOT NULL DEFAULT 0 CHECK (tax_minor >= 0),
    reason text NOT NULL CHECK (
        reason IN ('damaged', 'not_received', 'wrong_item', 'changed_mind', 'cancelled', 'goodwill')),
    note text CHECK (length(note) <= 1000),
    restock_location text COLLATE "C",
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    expires_at timestamptz CHECK (expires_at > requested_at),
    decided_by text,
    decided_at timestamptz,
    decision_note text CHECK (length(decision_note) <= 1000),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id),
    CHECK (amount_minor = items_minor - discount_minor + shipping_minor + tax_minor),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (CASE status
        WHEN 'requested' THEN expires_at IS NOT NULL AND decided_by IS NULL
        WHEN 'declined' THEN expires_at IS NOT NULL AND decided_by IS NOT NULL
        ELSE (expires_at IS NULL) = (decided_by IS NULL)
            AND (expires_at IS NULL OR (decided_by <> requested_by AND decided_at <= expires_at))
        END)
)""",
    """
CREATE TABLE orders.refund_lines (
    tenant_id text COLLATE "C" NOT NULL,
    request_id uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (tenant_id, request_id, sku),
    FOREIGN KEY (tenant_id, request_id) REFERENCES orders.refund_requests (tenant_id, id),
    FOREIGN KEY (tenant_id, sku) REFERENCES orders.products (tenant_id, sku)
)""",
)
INDEXES = (
    "CREATE INDEX refund_requests_by_order ON orders.refund_requests (tenant_id, order_id)",
    "CREATE INDEX refund_requests_by_time ON orders.refund_requests (tenant_id, status, requested_at, id)",
    """CREATE INDEX refund_requests_open ON orders.refund_requests (tenant_id, expires_at, id)
    WHERE status = 'requested'""",
)
# No piece is ever refunded twice.
COLUMNS = (
    "ALTER TABLE orders.order_items ADD COLUMN refunded integer NOT NULL DEFAULT 0",
    "ALTER TABLE orders.order_items ADD CONSTRAINT order_items_refunded CHECK (refunded BETWEEN 0 AND quantity)",
    "ALTER TABLE orders.refunds ADD COLUMN request_id uuid",
    """ALTER TABLE orders.refunds ADD CONSTRAINT refunds_request
    FOREIGN KEY (tenant_id, request_id) REFERENCES orders.refund_requests (tenant_id, id)""",
)
RIGHTS = (
    "GRANT SELECT, INSERT ON orders.refund_requests, orders.refund_lines TO orders_writer",
    """GRANT UPDATE (status, items_minor, discount_minor, shipping_minor, tax_minor, decided_by, decided_at,
    decision_note, version) ON orders.refund_requests TO orders_writer""",
    "GRANT UPDATE (refunded) ON orders.order_items TO orders_writer",
)
_TENANT_TABLES = {"refund_requests": "tenant_id", "refund_lines": "tenant_id"}
# Every tenant's rows: the owner sees none without a tenant while row-level security is forced for it.
CARRIED_OVER = (
    "ALTER TABLE orders.orders NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE orders.order_items NO FORCE ROW LEVEL SECURITY",
    """UPDATE orders.order_items AS i SET refunded = quantity FROM orders.orders AS o
    WHERE o.tenant_id = i.tenant_id AND o.id = i.order_id AND o.status = 'refunded'""",
    "ALTER TABLE orders.order_items FORCE ROW LEVEL SECURITY",
    "ALTER TABLE orders.orders FORCE ROW LEVEL SECURITY",
)


def upgrade() -> None:
    """Create the tables. Every piece of an order that was refunded as a whole counts as refunded."""
    for statement in (*TABLES, *INDEXES, *COLUMNS, *policy_statements("orders", _TENANT_TABLES), *RIGHTS):
        op.execute(statement)
    for statement in CARRIED_OVER:
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables with their rows. The refunds themselves stay."""
    op.execute("REVOKE UPDATE (refunded) ON orders.order_items FROM orders_writer")
    op.execute("ALTER TABLE orders.refunds DROP COLUMN request_id")
    op.execute("ALTER TABLE orders.order_items DROP COLUMN refunded")
    op.execute("DROP TABLE orders.refund_lines, orders.refund_requests")
