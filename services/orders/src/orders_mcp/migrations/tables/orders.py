"""Orders, their lines and their history."""

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import (
    text as expression,
)

from orders_mcp.migrations.tables.schema import SCHEMA, amount, in_tenant, metadata
from servicekit.storage.columns import (
    code,
    identifier,
    integer,
    own_identifier,
    text,
    timestamp,
    version,
)

orders = Table(
    "orders",
    metadata,
    code("tenant_id"),
    own_identifier(SCHEMA),
    code("number"),
    identifier("customer_id"),
    code("status"),
    code("currency"),
    amount("subtotal_minor"),
    amount("discount_minor", "0"),
    amount("shipping_fee_minor", "0"),
    amount("tax_minor", "0"),
    amount("total_minor"),
    code("region"),
    text("shipping_address"),
    text("notes", nullable=True),
    text("cancellation_reason", nullable=True),
    timestamp("placed_at"),
    timestamp("updated_at"),
    version(),
    # Currency and zero-padded amount in one sortable column, so that statistics cover amounts per currency.
    Column(
        "currency_total",
        Text(collation="C"),
        Computed("currency || lpad(total_minor::text, 19, '0')", persisted=True),
        nullable=False,
    ),
    Column("channel", Text(collation="C"), nullable=True),
    code("price_list", nullable=True),
    integer("discount_percent", nullable=True),
    text("discount_reason", nullable=True),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "number"),
    in_tenant("customers", "customer_id"),
    in_tenant("price_lists", "price_list", key="code"),
    Index("orders_by_time", "tenant_id", expression("placed_at DESC"), expression("id DESC")),
    Index("orders_by_status", "tenant_id", "status", expression("placed_at DESC"), expression("id DESC")),
    Index("orders_by_customer", "tenant_id", "customer_id", expression("placed_at DESC"), expression("id DESC")),
    Index("orders_by_amount", "tenant_id", "currency_total"),
    Index(
        "orders_for_reports",
        "tenant_id",
        "placed_at",
        postgresql_include=[
            "id",
            "status",
            "currency",
            "region",
            "channel",
            "customer_id",
            "subtotal_minor",
            "discount_minor",
            "shipping_fee_minor",
            "tax_minor",
        ],
    ),
)

order_items = Table(
    "order_items",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    integer("line"),
    code("sku"),
    text("name"),
    integer("quantity"),
    amount("unit_price_minor"),
    amount("total_minor"),
    integer("refunded", default="0"),
    PrimaryKeyConstraint("tenant_id", "order_id", "sku", postgresql_include=["line", "quantity", "total_minor"]),
    in_tenant("orders", "order_id"),
    in_tenant("products", "sku", key="sku"),
    Index("order_items_by_product", "tenant_id", "sku", "order_id"),
    info={"until_placed": True},  # a policy lets the writer delete lines of drafts alone
)

order_terms = Table(
    "order_terms",
    metadata,
    code("tenant_id"),
    code("term"),
    identifier("order_id"),
    PrimaryKeyConstraint("tenant_id", "term", "order_id"),
    in_tenant("orders", "order_id"),
    Index("order_terms_by_order", "tenant_id", "order_id", "term"),
    info={"derived": True},  # words of an address of the order's own
)

order_events = Table(
    "order_events",
    metadata,
    code("tenant_id"),
    identifier("order_id"),
    integer("sequence"),
    timestamp("at"),
    text("kind"),
    text("actor"),
    Column("amount_minor", BigInteger, nullable=True),
    text("note", nullable=True),
    text("made_by", nullable=True),
    PrimaryKeyConstraint("tenant_id", "order_id", "sequence"),
    in_tenant("orders", "order_id"),
)
