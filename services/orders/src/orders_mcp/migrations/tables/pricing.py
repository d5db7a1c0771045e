"""Price lists and tax rates."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as expression

from orders_mcp.migrations.tables.schema import SCHEMA, amount, in_tenant, metadata
from servicekit.storage.columns import code, integer, text

price_lists = Table(
    "price_lists",
    metadata,
    code("tenant_id"),
    code("code"),
    text("name"),
    code("currency"),
    Column("is_default", Boolean, nullable=False, server_default=expression("false")),
    amount("shipping_fee_minor", "0"),
    integer("free_shipping_from_minor", big=True, nullable=True),
    PrimaryKeyConstraint("tenant_id", "code"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
    Index(
        "price_lists_default",
        "tenant_id",
        "currency",
        unique=True,
        postgresql_where=expression("is_default"),
    ),
)

prices = Table(
    "prices",
    metadata,
    code("tenant_id"),
    code("price_list"),
    code("sku"),
    amount("price_minor"),
    PrimaryKeyConstraint("tenant_id", "sku", "price_list"),
    in_tenant("price_lists", "price_list", key="code"),
    in_tenant("products", "sku", key="sku"),
)

tax_rates = Table(
    "tax_rates",
    metadata,
    code("tenant_id"),
    code("region"),
    integer("basis_points"),
    PrimaryKeyConstraint("tenant_id", "region"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
)
