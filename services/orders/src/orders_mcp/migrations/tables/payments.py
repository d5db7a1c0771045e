"""Payments and refunds."""

from sqlalchemy import (
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Uuid,
)
from sqlalchemy import text as expression

from orders_mcp.migrations.tables.schema import SCHEMA, amount, in_tenant, metadata
from servicekit.storage.columns import (
    code,
    identifier,
    own_identifier,
    text,
    timestamp,
    version,
)

payments = Table(
    "payments",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    own_identifier(SCHEMA),
    text("method"),
    text("status"),
    text("currency"),
    amount("amount_minor"),
    amount("captured_minor", "0"),
    amount("refunded_minor", "0"),
    text("failure_code", nullable=True),
    timestamp("created_at"),
    timestamp("captured_at", nullable=True),
    version(),
    PrimaryKeyConstraint("tenant_id", "order_id", "id"),
    in_tenant("orders", "order_id"),
)

refunds = Table(
    "refunds",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    own_identifier(SCHEMA),
    identifier("payment_id"),
    text("status"),
    text("currency"),
    amount("amount_minor"),
    text("reason"),
    text("note", nullable=True),
    timestamp("created_at"),
    Column("request_id", Uuid, nullable=True),
    PrimaryKeyConstraint("tenant_id", "order_id", "id"),
    in_tenant("payments", "order_id", "payment_id"),
    in_tenant("refund_requests", "request_id"),
    Index(
        "refunds_by_time",
        "tenant_id",
        "created_at",
        postgresql_include=["order_id", "status", "amount_minor"],
    ),
    Index(
        "refunds_without_request",
        "tenant_id",
        "created_at",
        "id",
        postgresql_where=expression("request_id IS NULL"),
    ),
)
