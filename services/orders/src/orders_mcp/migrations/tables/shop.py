"""The shop and its customers."""

from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from orders_mcp.migrations.tables.schema import SCHEMA, in_tenant, metadata
from servicekit.storage.columns import (
    code,
    identifier,
    integer,
    own_identifier,
    text,
    timestamp,
    version,
)

tenants = Table(
    "tenants",
    metadata,
    code("id"),
    text("name"),
    integer("next_order_number", big=True, default="1"),
    timestamp("created_at"),
    code("time_zone", default="'UTC'"),
    code("currency"),
    PrimaryKeyConstraint("id"),
)

customers = Table(
    "customers",
    metadata,
    code("tenant_id"),
    own_identifier(SCHEMA),
    code("email"),
    text("name"),
    text("address"),
    text("region"),
    timestamp("created_at"),
    version(),
    text("phone", nullable=True),
    text("company", nullable=True),
    code("price_list", nullable=True),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "email"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
    in_tenant("price_lists", "price_list", key="code"),
)

customer_terms = Table(
    "customer_terms",
    metadata,
    code("tenant_id"),
    code("term"),
    identifier("customer_id"),
    PrimaryKeyConstraint("tenant_id", "term", "customer_id"),
    in_tenant("customers", "customer_id"),
    Index("customer_terms_by_customer", "tenant_id", "customer_id", "term"),
)
