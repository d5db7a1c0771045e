"""Parcels."""

from sqlalchemy import (
    Column,
    Date,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from orders_mcp.migrations.tables.schema import SCHEMA, in_tenant, metadata
from servicekit.storage.columns import (
    code,
    identifier,
    own_identifier,
    text,
    timestamp,
    version,
)

shipments = Table(
    "shipments",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    own_identifier(SCHEMA),
    text("status"),
    text("carrier"),
    text("tracking_number", nullable=True),
    timestamp("shipped_at", nullable=True),
    Column("expected_on", Date, nullable=True),
    timestamp("delivered_at", nullable=True),
    version(),
    PrimaryKeyConstraint("tenant_id", "order_id", "id"),
    in_tenant("orders", "order_id"),
    Index("shipments_by_tracking_number", "tenant_id", "tracking_number"),
)
