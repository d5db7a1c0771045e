"""Products, and pieces in warehouses."""

from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from orders_mcp.migrations.tables.schema import SCHEMA, in_tenant, metadata
from servicekit.storage.columns import (
    code,
    identifier,
    integer,
    text,
    timestamp,
    version,
)

products = Table(
    "products",
    metadata,
    code("tenant_id"),
    code("sku"),
    text("name"),
    text("category"),
    version(),
    PrimaryKeyConstraint("tenant_id", "sku"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
)

product_terms = Table(
    "product_terms",
    metadata,
    code("tenant_id"),
    code("term"),
    code("sku"),
    PrimaryKeyConstraint("tenant_id", "term", "sku"),
    in_tenant("products", "sku", key="sku"),
)

locations = Table(
    "locations",
    metadata,
    code("tenant_id"),
    code("code"),
    text("name"),
    text("city", nullable=True),
    PrimaryKeyConstraint("tenant_id", "code"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
)

inventory = Table(
    "inventory",
    metadata,
    code("tenant_id"),
    code("sku"),
    code("location"),
    integer("on_hand"),
    integer("reserved", default="0"),
    integer("reorder_point"),
    version(),
    PrimaryKeyConstraint("tenant_id", "sku", "location"),
    in_tenant("products", "sku", key="sku"),
    in_tenant("locations", "location", key="code"),
)

inventory_adjustments = Table(
    "inventory_adjustments",
    metadata,
    code("tenant_id"),
    code("sku"),
    code("location"),
    integer("sequence"),
    integer("change"),
    integer("balance"),
    text("reason"),
    text("note", nullable=True),
    text("made_by"),
    timestamp("made_at"),
    text("reference", nullable=True),
    PrimaryKeyConstraint("tenant_id", "sku", "location", "sequence"),
    in_tenant("inventory", "sku", "location", key="location"),
)

reservations = Table(
    "reservations",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    code("sku"),
    code("location"),
    integer("quantity"),
    timestamp("reserved_at"),
    PrimaryKeyConstraint("tenant_id", "order_id", "sku", "location"),
    in_tenant("orders", "order_id"),
    in_tenant("inventory", "sku", "location", key="location"),
    Index("reservations_by_shelf", "tenant_id", "sku", "location", "reserved_at", "order_id"),
    info={"derived": True},  # held until an order is sent or cancelled; the ledger keeps what left the shelf
)
