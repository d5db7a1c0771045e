"""Messages with their mentions and attachments."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)
from sqlalchemy import text as expression

from servicekit.storage.columns import code, integer, text, timestamp, within_tenant
from ticketing_mcp.migrations.tables.schema import SCHEMA, addresses, format_column, in_tenant, metadata

comments = Table(
    "comments",
    metadata,
    code("tenant_id"),
    integer("number"),
    integer("sequence"),
    code("kind"),
    code("author_id"),
    text("body"),
    timestamp("at"),
    format_column(),
    # The e-mail addresses that a public reply was sent to.
    addresses("sent_to", nullable=True),
    PrimaryKeyConstraint("tenant_id", "number", "sequence"),
    in_tenant("tickets", "number", "number"),
)

mentions = Table(
    "mentions",
    metadata,
    code("tenant_id"),
    integer("number"),
    integer("sequence"),
    code("user_id"),
    PrimaryKeyConstraint("tenant_id", "number", "sequence", "user_id"),
    within_tenant(SCHEMA, "comments", "number", "sequence", key="sequence"),
    in_tenant("users", "user_id"),
    Index("mentions_by_user", "tenant_id", "user_id", expression("number DESC"), expression("sequence DESC")),
)

attachments = Table(
    "attachments",
    metadata,
    code("tenant_id"),
    integer("number"),
    integer("id"),
    integer("sequence"),
    text("name"),
    code("type"),
    integer("size"),
    code("sha256"),
    code("author"),
    code("author_id"),
    timestamp("at"),
    PrimaryKeyConstraint("tenant_id", "number", "id"),
    in_tenant("tickets", "number", "number"),
)

attachment_contents = Table(
    "attachment_contents",
    metadata,
    code("tenant_id"),
    integer("number"),
    integer("id"),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "number", "id"),
    ForeignKeyConstraint(
        ["tenant_id", "number", "id"], [f"{SCHEMA}.attachments.{name}" for name in ("tenant_id", "number", "id")]
    ),
)
