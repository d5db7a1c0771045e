"""Create price lists and tax rates, move product prices into them, and let drafts be edited and placed."""

from collections.abc import Iterator

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = (
    """
CREATE TABLE orders.price_lists (
    tenant_id text COLLATE "C" NOT NULL REFERENCES orders.tenants (id),
    code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,3}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    is_default boolean NOT NULL DEFAULT false,
    shipping_fee_minor bigint NOT NULL DEFAULT 0 CHECK (shipping_fee_minor BETWEEN 0 AND 1000000000000),
    free_shipping_from_minor bigint CHECK (free_shipping_from_minor >= 0),
    PRIMARY KEY (tenant_id, code)
)""",
    "CREATE UNIQUE INDEX price_lists_default ON orders.price_lists (tenant_id, currency) WHERE is_default",
    """
CREATE TABLE orders.prices (
    tenant_id text COLLATE "C" NOT NULL,
    price_list text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor BETWEEN 0 AND 1000000000000),
    PRIMARY KEY (tenant_id, sku, price_list),
    FOREIGN KEY (tenant_id, price_list) REFERENCES orders.price_lists (tenant_id, code),
    FOREIGN KEY (tenant_id, sku) REFERENCES orders.products (tenant_id, sku)
)""",
    """
CREATE TABLE orders.tax_rates (
    tenant_id text COLLATE "C" NOT NULL REFERENCES orders.tenants (id),
    region text COLLATE "C" NOT NULL CHECK (
        region IN ('north_america', 'latin_america', 'europe', 'middle_east_africa', 'asia_pacific')),
    basis_points integer NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
    PRIMARY KEY (tenant_id, region)
)""",
)
TENANT_TABLES = {"price_lists": "tenant_id", "prices": "tenant_id", "tax_rates": "tenant_id"}
COLUMNS = (
    """ALTER TABLE orders.tenants ADD COLUMN currency text COLLATE "C" NOT NULL DEFAULT 'EUR'
    CHECK (currency ~ '^[A-Z]{3}$')""",
    "ALTER TABLE orders.tenants ALTER COLUMN currency DROP DEFAULT",
    'ALTER TABLE orders.customers ADD COLUMN price_list text COLLATE "C"',
    """ALTER TABLE orders.customers ADD FOREIGN KEY (tenant_id, price_list)
    REFERENCES orders.price_lists (tenant_id, code)""",
    """ALTER TABLE orders.orders
    ADD COLUMN price_list text COLLATE "C",
    ADD COLUMN discount_percent integer CHECK (discount_percent BETWEEN 1 AND 100),
    ADD COLUMN discount_reason text CHECK (length(discount_reason) BETWEEN 1 AND 500)""",
    """ALTER TABLE orders.orders ADD FOREIGN KEY (tenant_id, price_list)
    REFERENCES orders.price_lists (tenant_id, code)""",
)
# Each product had one price. Its currency becomes a price list, and that of most products the shop's currency.
CARRIED_OVER = (
    """
UPDATE orders.tenants AS t SET currency = most.currency
FROM (
    SELECT DISTINCT ON (tenant_id) tenant_id, currency FROM orders.products
    GROUP BY tenant_id, currency ORDER BY tenant_id, count(*) DESC, currency
) AS most
WHERE most.tenant_id = t.id""",
    """
INSERT INTO orders.price_lists (tenant_id, code, name, currency, is_default)
SELECT DISTINCT tenant_id, lower(currency), currency, currency, true FROM orders.products""",
    """
INSERT INTO orders.prices (tenant_id, price_list, sku, price_minor)
SELECT tenant_id, lower(currency), sku, price_minor FROM orders.products""",
    """
UPDATE orders.orders AS o SET price_list = l.code
FROM orders.price_lists AS l
WHERE o.status = 'draft' AND l.tenant_id = o.tenant_id AND l.currency = o.currency""",
)
PRODUCTS = "ALTER TABLE orders.products DROP COLUMN price_minor, DROP COLUMN currency"
PRODUCTS_AS_BEFORE = (
    """ALTER TABLE orders.products
    ADD COLUMN price_minor bigint NOT NULL DEFAULT 0 CHECK (price_minor >= 0),
    ADD COLUMN currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$')""",
    """
UPDATE orders.products AS p SET price_minor = x.price_minor, currency = x.currency
FROM (
    SELECT DISTINCT ON (x.tenant_id, x.sku) x.tenant_id, x.sku, x.price_minor, l.currency
    FROM orders.prices AS x
    JOIN orders.price_lists AS l ON l.tenant_id = x.tenant_id AND l.code = x.price_list
    JOIN orders.tenants AS t ON t.id = x.tenant_id
    ORDER BY x.tenant_id, x.sku, l.is_default AND l.currency = t.currency DESC, l.is_default DESC, l.code
) AS x
WHERE x.tenant_id = p.tenant_id AND x.sku = p.sku""",
    "ALTER TABLE orders.products ALTER COLUMN price_minor DROP DEFAULT, ALTER COLUMN currency DROP DEFAULT",
)
# The writer changes the lines and amounts of drafts alone; what a customer ordered stays.
DRAFT_LINES = """EXISTS (
    SELECT FROM orders.orders AS o
    WHERE o.tenant_id = order_items.tenant_id AND o.id = order_items.order_id AND o.status = 'draft')"""
RULES = (
    f"""CREATE POLICY new_lines_of_drafts ON orders.order_items AS RESTRICTIVE FOR INSERT TO orders_writer
    WITH CHECK ({DRAFT_LINES})""",
    f"""CREATE POLICY lines_of_drafts ON orders.order_items AS RESTRICTIVE FOR DELETE TO orders_writer
    USING ({DRAFT_LINES})""",
    """
CREATE FUNCTION orders.keep_placed_amounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the amounts of order % are fixed since it was placed', OLD.number
        USING ERRCODE = 'check_violation';
END
$$""",
    """
CREATE TRIGGER keep_placed_amounts
BEFORE UPDATE OF subtotal_minor, discount_minor, shipping_fee_minor, tax_minor, total_minor, placed_at
ON orders.orders FOR EACH ROW
WHEN (current_user = 'orders_writer' AND OLD.status <> 'draft' AND (
    OLD.subtotal_minor, OLD.discount_minor, OLD.shipping_fee_minor, OLD.tax_minor, OLD.placed_at)
    IS DISTINCT FROM (
    NEW.subtotal_minor, NEW.discount_minor, NEW.shipping_fee_minor, NEW.tax_minor, NEW.placed_at))
EXECUTE FUNCTION orders.keep_placed_amounts()""",
)
GRANTS = (
    "GRANT SELECT ON orders.price_lists, orders.prices, orders.tax_rates TO orders_writer",
    "GRANT DELETE ON orders.order_items TO orders_writer",
    """GRANT UPDATE (
    subtotal_minor, discount_minor, shipping_fee_minor, tax_minor, total_minor, discount_percent, discount_reason,
    placed_at) ON orders.orders TO orders_writer""",
)
REVOKED = (
    """REVOKE UPDATE (
    subtotal_minor, discount_minor, shipping_fee_minor, tax_minor, total_minor, discount_percent, discount_reason,
    placed_at) ON orders.orders FROM orders_writer""",
    "REVOKE DELETE ON orders.order_items FROM orders_writer",
    "DROP TRIGGER keep_placed_amounts ON orders.orders",
    "DROP FUNCTION orders.keep_placed_amounts",
    "DROP POLICY lines_of_drafts ON orders.order_items",
    "DROP POLICY new_lines_of_drafts ON orders.order_items",
)


def upgrade() -> None:
    """Create the tables, fill them with the products' prices, and drop those."""
    for statement in (*TABLES, *COLUMNS, *_in_every_tenant(*CARRIED_OVER), PRODUCTS):
        op.execute(statement)
    for statement in (*policy_statements("orders", TENANT_TABLES), *RULES, *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop the price lists. Each product keeps one price: that in the shop's currency where it has one."""
    for statement in REVOKED:
        op.execute(statement)
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE orders.{table} NO FORCE ROW LEVEL SECURITY")
    for statement in _in_every_tenant(*PRODUCTS_AS_BEFORE):
        op.execute(statement)
    op.execute(
        "ALTER TABLE orders.orders DROP COLUMN price_list, DROP COLUMN discount_percent, DROP COLUMN discount_reason"
    )
    op.execute("ALTER TABLE orders.customers DROP COLUMN price_list")
    op.execute("ALTER TABLE orders.tenants DROP COLUMN currency")
    op.execute("DROP TABLE orders.prices, orders.tax_rates, orders.price_lists")


def _in_every_tenant(*statements: str) -> Iterator[str]:
    """The statements, while the owner is not subject to row-level security."""
    tables = ("tenants", "products", "orders")
    for table in tables:
        yield f"ALTER TABLE orders.{table} NO FORCE ROW LEVEL SECURITY"
    yield from statements
    for table in tables:
        yield f"ALTER TABLE orders.{table} FORCE ROW LEVEL SECURITY"
