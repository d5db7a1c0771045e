"""Parcels and their pieces."""

from sqlalchemy import (
    Column,
    Date,
    Index,
    PrimaryKeyConstraint,
    Table,
    Uuid,
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
    Column("replaces", Uuid, nullable=True),
    code("location", nullable=True),
    PrimaryKeyConstraint("tenant_id", "order_id", "id"),
    in_tenant("orders", "order_id"),
    in_tenant("shipments", "order_id", "replaces"),
    Index("shipments_by_tracking_number", "tenant_id", "tracking_number"),
    Index("shipments_by_time", "tenant_id", "shipped_at", "id"),
    Index("shipments_by_status", "tenant_id", "status", "shipped_at", "id"),
)

shipment_lines = Table(
    "shipment_lines",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    identifier("shipment_id"),
    code("sku"),
    integer("quantity"),
    PrimaryKeyConstraint("tenant_id", "order_id", "shipment_id", "sku"),
    in_tenant("shipments", "order_id", "shipment_id"),
    in_tenant("order_items", "order_id", "sku", key="sku"),
)
