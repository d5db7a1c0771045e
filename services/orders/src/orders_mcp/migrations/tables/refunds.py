"""Refunds as they were decided: what was requested, what it is made of, and who approved it."""

from sqlalchemy import Column, Computed, DateTime, Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as expression

from orders_mcp.migrations.tables.schema import SCHEMA, amount, in_tenant, metadata
from servicekit.storage.columns import code, identifier, integer, own_identifier, text, timestamp, version

refund_requests = Table(
    "refund_requests",
    metadata,
    code("tenant_id"),
    own_identifier(SCHEMA),
    identifier("order_id"),
    code("status"),
    text("currency"),
    amount("amount_minor"),
    amount("items_minor", "0"),
    amount("discount_minor", "0"),
    amount("shipping_minor", "0"),
    amount("tax_minor", "0"),
    text("reason"),
    text("note", nullable=True),
    code("restock_location", nullable=True),
    text("requested_by"),
    timestamp("requested_at"),
    timestamp("expires_at", nullable=True),
    text("decided_by", nullable=True),
    timestamp("decided_at", nullable=True),
    text("decision_note", nullable=True),
    version(),
    Column(
        "state_at",
        DateTime(timezone=True),
        Computed("coalesce(decided_at, requested_at)", persisted=True),
        nullable=False,
    ),
    PrimaryKeyConstraint("tenant_id", "id"),
    in_tenant("orders", "order_id"),
    Index("refund_requests_by_order", "tenant_id", "order_id"),
    Index("refund_requests_by_state", "tenant_id", "status", "state_at", "id"),
    Index("refund_requests_by_state_time", "tenant_id", "state_at", "id"),
    Index(
        "refund_requests_open",
        "tenant_id",
        "expires_at",
        "id",
        postgresql_where=expression("status = 'requested'"),
    ),
)

refund_lines = Table(
    "refund_lines",
    metadata,
    code("tenant_id"),
    identifier("request_id"),
    code("sku"),
    integer("quantity"),
    amount("amount_minor"),
    PrimaryKeyConstraint("tenant_id", "request_id", "sku"),
    in_tenant("refund_requests", "request_id"),
    in_tenant("products", "sku", key="sku"),
)
