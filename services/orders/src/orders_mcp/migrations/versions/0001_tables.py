"""Create the tables, keys and constraints of the orders domain."""

from alembic import op

from servicekit.storage.identifiers import uuidv7_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    r"""
CREATE TABLE orders.tenants (
    id text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text NOT NULL,
    next_order_number bigint NOT NULL DEFAULT 1 CHECK (next_order_number > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id)
)""",
    r"""
CREATE TABLE orders.customers (
    tenant_id text COLLATE "C" NOT NULL REFERENCES orders.tenants (id),
    id uuid NOT NULL DEFAULT orders.uuidv7(),
    email text COLLATE "C" NOT NULL CHECK (
        length(email) <= 254 AND email = lower(email)
        AND email ~ '^[a-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}([.][a-z0-9-]{1,63}){1,8}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    address text NOT NULL CHECK (length(address) <= 1000),
    region text NOT NULL CHECK (
        region IN ('north_america', 'latin_america', 'europe', 'middle_east_africa', 'asia_pacific')),
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
)""",
    r"""
CREATE TABLE orders.customer_terms (
    tenant_id text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL CHECK (length(term) BETWEEN 1 AND 254),
    customer_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, term, customer_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES orders.customers (tenant_id, id)
)""",
    r"""
CREATE TABLE orders.products (
    tenant_id text COLLATE "C" NOT NULL REFERENCES orders.tenants (id),
    sku text COLLATE "C" NOT NULL CHECK (sku ~ '^[A-Z0-9]{2,8}(-[A-Z0-9]{1,8}){1,3}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    category text NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, sku)
)""",
    r"""
CREATE TABLE orders.inventory (
    tenant_id text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL CHECK (location ~ '^[a-z]{2,12}-[0-9]{1,2}$'),
    on_hand integer NOT NULL CHECK (on_hand >= 0),
    reserved integer NOT NULL DEFAULT 0 CHECK (reserved BETWEEN 0 AND on_hand),
    reorder_point integer NOT NULL CHECK (reorder_point >= 0),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, sku, location),
    FOREIGN KEY (tenant_id, sku) REFERENCES orders.products (tenant_id, sku)
)""",
    r"""
CREATE TABLE orders.inventory_adjustments (
    tenant_id text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    change integer NOT NULL CHECK (change <> 0),
    balance integer NOT NULL CHECK (balance >= 0),
    reason text NOT NULL CHECK (reason IN ('opening', 'received', 'counted', 'damaged', 'returned', 'sold')),
    note text CHECK (length(note) <= 1000),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, sku, location, sequence),
    FOREIGN KEY (tenant_id, sku, location) REFERENCES orders.inventory (tenant_id, sku, location)
)""",
    r"""
CREATE TABLE orders.orders (
    tenant_id text COLLATE "C" NOT NULL,
    id uuid NOT NULL DEFAULT orders.uuidv7(),
    number text COLLATE "C" NOT NULL CHECK (number ~ '^ORD-[0-9]{8,12}$'),
    customer_id uuid NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (
        status IN ('draft', 'pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')),
    currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    subtotal_minor bigint NOT NULL CHECK (subtotal_minor >= 0),
    discount_minor bigint NOT NULL DEFAULT 0 CHECK (discount_minor BETWEEN 0 AND subtotal_minor),
    shipping_fee_minor bigint NOT NULL DEFAULT 0 CHECK (shipping_fee_minor >= 0),
    tax_minor bigint NOT NULL DEFAULT 0 CHECK (tax_minor >= 0),
    total_minor bigint NOT NULL CHECK (
        total_minor = subtotal_minor - discount_minor + shipping_fee_minor + tax_minor),
    region text COLLATE "C" NOT NULL CHECK (
        region IN ('north_america', 'latin_america', 'europe', 'middle_east_africa', 'asia_pacific')),
    shipping_address text NOT NULL CHECK (length(shipping_address) <= 1000),
    notes text CHECK (length(notes) <= 4000),
    cancellation_reason text CHECK (length(cancellation_reason) <= 1000),
    placed_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    currency_total text COLLATE "C" NOT NULL
        GENERATED ALWAYS AS (currency || lpad(total_minor::text, 19, '0')) STORED,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES orders.customers (tenant_id, id)
)""",
    r"""
CREATE TABLE orders.order_items (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    line integer NOT NULL CHECK (line > 0),
    sku text COLLATE "C" NOT NULL,
    name text NOT NULL,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
    total_minor bigint NOT NULL CHECK (total_minor = quantity * unit_price_minor),
    PRIMARY KEY (tenant_id, order_id, sku) INCLUDE (line, quantity, total_minor),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id),
    FOREIGN KEY (tenant_id, sku) REFERENCES orders.products (tenant_id, sku)
)""",
    r"""
CREATE TABLE orders.payments (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT orders.uuidv7(),
    method text NOT NULL CHECK (method IN ('card', 'paypal', 'bank_transfer', 'gift_card')),
    status text NOT NULL CHECK (status IN ('authorized', 'captured', 'failed', 'voided')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    captured_minor bigint NOT NULL DEFAULT 0 CHECK (captured_minor BETWEEN 0 AND amount_minor),
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    failure_code text CHECK (failure_code ~ '^[a-z_]{1,64}$'),
    created_at timestamptz NOT NULL,
    captured_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, order_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id),
    CHECK ((status = 'captured') = (captured_at IS NOT NULL) AND (status = 'captured' OR captured_minor = 0))
)""",
    r"""
CREATE TABLE orders.refunds (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT orders.uuidv7(),
    payment_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL CHECK (
        reason IN ('damaged', 'not_received', 'wrong_item', 'changed_mind', 'cancelled', 'goodwill')),
    note text CHECK (length(note) <= 1000),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, order_id, id),
    FOREIGN KEY (tenant_id, order_id, payment_id) REFERENCES orders.payments (tenant_id, order_id, id)
)""",
    r"""
CREATE TABLE orders.shipments (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT orders.uuidv7(),
    status text NOT NULL CHECK (status IN ('preparing', 'in_transit', 'delivered', 'lost', 'returned')),
    carrier text NOT NULL CHECK (carrier ~ '^[A-Za-z0-9 ]{1,40}$'),
    tracking_number text CHECK (tracking_number ~ '^[A-Z0-9-]{4,40}$'),
    shipped_at timestamptz,
    expected_on date,
    delivered_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, order_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id)
)""",
    r"""
CREATE TABLE orders.order_events (
    tenant_id text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    actor text NOT NULL CHECK (actor IN ('customer', 'staff', 'system')),
    amount_minor bigint,
    note text CHECK (length(note) <= 4000),
    PRIMARY KEY (tenant_id, order_id, sequence),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id)
)""",
)

INDEXES = (
    "CREATE INDEX customer_terms_by_customer ON orders.customer_terms (tenant_id, customer_id, term)",
    "CREATE INDEX orders_by_time ON orders.orders (tenant_id, placed_at DESC, id DESC)",
    "CREATE INDEX orders_by_status ON orders.orders (tenant_id, status, placed_at DESC, id DESC)",
    "CREATE INDEX orders_by_customer ON orders.orders (tenant_id, customer_id, placed_at DESC, id DESC)",
    "CREATE INDEX orders_by_amount ON orders.orders (tenant_id, currency_total)",
    """CREATE INDEX orders_for_reports ON orders.orders (tenant_id, placed_at)
    INCLUDE (id, status, currency, region, total_minor)""",
    "CREATE INDEX refunds_by_time ON orders.refunds (tenant_id, created_at)",
)

# Builds the JSON of a Money record. STABLE, like json_build_object, so that Postgres inlines it.
MONEY = """
CREATE FUNCTION orders.money(amount_minor bigint, currency text) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
RETURN json_build_object('amount_minor', amount_minor, 'currency', currency)
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in (*uuidv7_statements("orders"), *TABLES, *INDEXES, MONEY):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables with their rows."""
    op.execute("DROP FUNCTION orders.money")
    for table in reversed(TABLES):
        op.execute("DROP TABLE " + table.split()[2])
    op.execute("DROP FUNCTION orders.uuidv7")
