"""Find orders by phone number, company, city, product and tracking number, and by both spellings of a mail domain."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from alembic import op
from sqlalchemy import text

from orders_mcp.models.search_terms import customer_terms, place_terms, product_terms
from servicekit.storage.row_level_security import policy_statements

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    """
CREATE TABLE orders.product_terms (
    tenant_id text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL CHECK (length(term) BETWEEN 1 AND 254),
    sku text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, term, sku),
    FOREIGN KEY (tenant_id, sku) REFERENCES orders.products (tenant_id, sku)
)""",
    """
CREATE TABLE orders.order_terms (
    tenant_id text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL CHECK (length(term) BETWEEN 1 AND 254),
    order_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, term, order_id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders.orders (tenant_id, id)
)""",
)
INDEXES = (
    "CREATE INDEX order_terms_by_order ON orders.order_terms (tenant_id, order_id, term)",
    "CREATE INDEX order_items_by_product ON orders.order_items (tenant_id, sku, order_id)",
    "CREATE INDEX shipments_by_tracking_number ON orders.shipments (tenant_id, tracking_number)",
)
TENANT_TABLES = {"product_terms": "tenant_id", "order_terms": "tenant_id"}
RIGHTS = (
    "GRANT SELECT ON orders.product_terms TO orders_writer",
    "GRANT SELECT, INSERT, DELETE ON orders.order_terms TO orders_writer",
)
_FILLED_FROM = ("customers", "customer_terms", "products", "orders")

# Pages by key, so that a large table is not held in memory.
CUSTOMERS = """
SELECT tenant_id, id::text, name, email, phone, company, address FROM orders.customers
WHERE (tenant_id, id) > (:tenant_id, CAST(:id AS uuid)) ORDER BY tenant_id, id LIMIT 5000
"""
OWN_ADDRESSES = """
SELECT o.tenant_id, o.id::text, o.shipping_address
FROM orders.orders AS o
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
WHERE (o.tenant_id, o.id) > (:tenant_id, CAST(:id AS uuid)) AND o.shipping_address <> c.address
ORDER BY o.tenant_id, o.id LIMIT 5000
"""
PRODUCTS = """
SELECT tenant_id, sku, name, category FROM orders.products
WHERE (tenant_id, sku) > (:tenant_id, :id) ORDER BY tenant_id, sku LIMIT 5000
"""
INSERT = """
INSERT INTO orders.{table} (tenant_id, term, {key})
SELECT * FROM unnest(CAST(:tenants AS text[]), CAST(:terms AS text[]), CAST(:keys AS {type}[])) ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Create the tables and indexes, and write the terms of what every tenant has."""
    for statement in (*TABLES, *INDEXES):
        op.execute(statement)
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE orders.{table} NO FORCE ROW LEVEL SECURITY")
    for rows in _pages(CUSTOMERS):
        _insert("customer_terms", "customer_id", "uuid", ((*row[:2], customer_terms(*row[2:])) for row in rows))
    for rows in _pages(OWN_ADDRESSES):
        _insert("order_terms", "order_id", "uuid", ((*row[:2], place_terms(row[2])) for row in rows))
    for rows in _pages(PRODUCTS, ""):
        _insert("product_terms", "sku", "text", ((*row[:2], product_terms(*row[1:])) for row in rows))
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE orders.{table} FORCE ROW LEVEL SECURITY")
    for statement in (*policy_statements("orders", TENANT_TABLES), *RIGHTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables and indexes. Further terms of customers stay: they only find more."""
    op.execute("DROP TABLE orders.order_terms, orders.product_terms")
    op.execute("DROP INDEX orders.order_items_by_product, orders.shipments_by_tracking_number")


def _pages(query: str, first: str = "00000000-0000-0000-0000-000000000000") -> Iterator[Sequence[Any]]:
    after = {"tenant_id": "", "id": first}
    while rows := op.get_bind().execute(text(query), after).all():
        yield rows
        after = {"tenant_id": rows[-1][0], "id": rows[-1][1]}


def _insert(table: str, key: str, kind: str, records: Iterable[tuple[str, str, set[str]]]) -> None:
    rows = [(tenant, term, identifier) for tenant, identifier, terms in records for term in sorted(terms)]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("tenants", "terms", "keys"))}
    op.get_bind().execute(text(INSERT.format(table=table, key=key, type=kind)), columns)
