"""Returns of an order and their pieces."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Uuid

from orders_mcp.migrations.tables.schema import SCHEMA, in_tenant, metadata
from servicekit.storage.columns import code, identifier, integer, own_identifier, text, timestamp, version

returns = Table(
    "returns",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    own_identifier(SCHEMA),
    code("status"),
    text("reason"),
    text("note", nullable=True),
    text("step_note", nullable=True),
    Column("shipment_id", Uuid, nullable=True),
    code("location", nullable=True),
    timestamp("requested_at"),
    text("requested_by", nullable=True),
    timestamp("status_at"),
    timestamp("received_at", nullable=True),
    timestamp("inspected_at", nullable=True),
    timestamp("refunded_at", nullable=True),
    timestamp("restocked_at", nullable=True),
    version(),
    PrimaryKeyConstraint("tenant_id", "order_id", "id"),
    in_tenant("orders", "order_id"),
    in_tenant("shipments", "order_id", "shipment_id"),
    Index("returns_by_id", "tenant_id", "id"),
    Index("returns_by_time", "tenant_id", "requested_at", "id"),
    Index("returns_by_status", "tenant_id", "status", "status_at", "id"),
)

return_lines = Table(
    "return_lines",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    identifier("return_id"),
    code("sku"),
    integer("quantity"),
    integer("accepted", nullable=True),
    integer("damaged", default="0"),
    integer("refunded", default="0"),
    integer("restocked", default="0"),
    PrimaryKeyConstraint("tenant_id", "order_id", "return_id", "sku"),
    in_tenant("returns", "order_id", "return_id"),
    in_tenant("order_items", "order_id", "sku", key="sku"),
)
