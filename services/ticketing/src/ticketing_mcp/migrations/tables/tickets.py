"""Tickets, and what belongs to one."""

from sqlalchemy import (
    Column,
    Computed,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    Table,
)
from sqlalchemy import text as expression
from sqlalchemy.dialects.postgresql import JSONB

from servicekit.storage.columns import code, integer, text, timestamp, version
from ticketing_mcp.migrations.tables.schema import addresses, format_column, in_tenant, metadata

NEXT_DUE = (
    "CASE WHEN (status <> 'closed'::text) THEN "
    "LEAST(CASE WHEN (first_replied_at IS NULL) THEN reply_due_at ELSE NULL::timestamp with time zone END, "
    "resolution_due_at) ELSE NULL::timestamp with time zone END"
)
"""As Postgres writes it."""
_UNRESOLVED = expression("status <> 'closed'")

tickets = Table(
    "tickets",
    metadata,
    code("tenant_id"),
    integer("number"),
    text("title"),
    text("body"),
    code("status"),
    code("priority"),
    code("queue_id"),
    code("assignee_id", nullable=True),
    code("requester_id"),
    timestamp("created_at"),
    timestamp("updated_at"),
    timestamp("first_replied_at", nullable=True),
    timestamp("closed_at", nullable=True),
    text("resolution", nullable=True),
    integer("merged_into", nullable=True),
    version(),
    # Of both clocks (models/due_times.py), and the next of those that still run.
    timestamp("reply_due_at", nullable=True),
    timestamp("resolution_due_at", nullable=True),
    Column("due_at", DateTime(timezone=True), Computed(NEXT_DUE, persisted=True)),
    # How the body is written: text or html.
    format_column(),
    # E-mail addresses that get a copy of every public reply.
    addresses("cc", nullable=False, server_default=expression("'{}'")),
    timestamp("merged_at", nullable=True),
    code("status_before_merge", nullable=True),
    PrimaryKeyConstraint("tenant_id", "number"),
    in_tenant("queues", "queue_id"),
    in_tenant("users", "assignee_id"),
    in_tenant("users", "requester_id"),
    in_tenant("tickets", "merged_into", "number"),
    Index("tickets_by_status", "tenant_id", "status", expression("number DESC")),
    Index("tickets_by_queue", "tenant_id", "queue_id", expression("number DESC")),
    Index("tickets_by_queue_and_status", "tenant_id", "queue_id", "status", expression("number DESC")),
    Index("tickets_by_assignee", "tenant_id", "assignee_id", expression("number DESC")),
    Index("tickets_by_priority", "tenant_id", "priority", expression("number DESC")),
    Index("tickets_by_requester", "tenant_id", "requester_id", expression("number DESC")),
    Index("tickets_by_creation", "tenant_id", expression("created_at DESC"), expression("number DESC")),
    Index("tickets_by_update", "tenant_id", expression("updated_at DESC"), expression("number DESC")),
    Index(
        "tickets_by_closing",
        "tenant_id",
        expression("closed_at DESC"),
        expression("number DESC"),
        postgresql_where=expression("closed_at IS NOT NULL"),
    ),
    Index(
        "tickets_by_merge",
        "tenant_id",
        "merged_into",
        postgresql_where=expression("merged_into IS NOT NULL"),
    ),
    # Of tickets that are not closed, which are few. The included columns are what the workload of a queue is made of.
    Index(
        "tickets_by_queue_and_due",
        "tenant_id",
        "queue_id",
        "due_at",
        "number",
        postgresql_where=_UNRESOLVED,
        postgresql_include=["status", "assignee_id", "created_at"],
    ),
    Index("tickets_by_due", "tenant_id", "due_at", "number", postgresql_where=_UNRESOLVED),
    Index("tickets_by_resolution_due", "tenant_id", "resolution_due_at", "number", postgresql_where=_UNRESOLVED),
)

events = Table(
    "events",
    metadata,
    code("tenant_id"),
    integer("number"),
    integer("sequence"),
    timestamp("at"),
    code("kind"),
    code("actor"),
    code("actor_id"),
    code("detail", nullable=True),
    text("resolution", nullable=True),
    PrimaryKeyConstraint("tenant_id", "number", "sequence"),
    in_tenant("tickets", "number", "number"),
)

holds = Table(
    "holds",
    metadata,
    code("tenant_id"),
    integer("number"),
    timestamp("started_at"),
    timestamp("ended_at", nullable=True),
    PrimaryKeyConstraint("tenant_id", "number", "started_at"),
    in_tenant("tickets", "number", "number"),
)

links = Table(
    "links",
    metadata,
    code("tenant_id"),
    integer("number"),
    code("kind"),
    integer("other_number"),
    PrimaryKeyConstraint("tenant_id", "number", "kind", "other_number"),
    in_tenant("tickets", "number", "number"),
    in_tenant("tickets", "other_number", "number"),
    Index("links_by_other", "tenant_id", "other_number", "kind"),
)

ticket_tags = Table(
    "ticket_tags",
    metadata,
    code("tenant_id"),
    integer("number"),
    code("tag"),
    PrimaryKeyConstraint("tenant_id", "number", "tag"),
    in_tenant("tickets", "number", "number"),
    Index("ticket_tags_by_tag", "tenant_id", "tag", expression("number DESC")),
    info={"derived": True},  # from the events, which keep every tag that a ticket had: the writer deletes these rows
)

field_values = Table(
    "field_values",
    metadata,
    code("tenant_id"),
    integer("number"),
    code("name"),
    code("type"),
    Column("value", JSONB),
    code("author"),
    PrimaryKeyConstraint("tenant_id", "number", "name"),
    in_tenant("tickets", "number", "number"),
)
