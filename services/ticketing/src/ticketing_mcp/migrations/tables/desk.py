"""What the desk's administrators maintain, and users."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as expression
from sqlalchemy.dialects.postgresql import JSONB

from servicekit.storage.columns import code, integer, text, timestamp
from ticketing_mcp.migrations.tables.schema import SCHEMA, in_tenant, metadata

tenants = Table(
    "tenants",
    metadata,
    code("id"),
    text("name"),
    integer("next_ticket_number", default="1"),
    Column("attachment_bytes", BigInteger, nullable=False, server_default=expression("0")),
    timestamp("created_at"),
    code("time_zone", default="'UTC'"),
    PrimaryKeyConstraint("id"),
)

sla_policies = Table(
    "sla_policies",
    metadata,
    code("tenant_id"),
    code("id"),
    # JSON of an SlaPolicy, edited by the desk's administrators.
    Column("definition", JSONB, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
)

queues = Table(
    "queues",
    metadata,
    code("tenant_id"),
    code("id"),
    text("name"),
    text("purpose"),
    code("sla_policy_id"),
    code("default_priority"),
    PrimaryKeyConstraint("tenant_id", "id"),
    in_tenant("sla_policies", "sla_policy_id"),
)

macros = Table(
    "macros",
    metadata,
    code("tenant_id"),
    code("id"),
    text("name"),
    text("text"),
    PrimaryKeyConstraint("tenant_id", "id"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
)

users = Table(
    "users",
    metadata,
    code("tenant_id"),
    code("id"),
    code("kind"),
    code("email"),
    text("name"),
    timestamp("created_at"),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "email"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
    Index("users_by_kind", "tenant_id", "kind", "id"),
)

user_terms = Table(
    "user_terms",
    metadata,
    code("tenant_id"),
    code("term"),
    code("user_id"),
    PrimaryKeyConstraint("tenant_id", "term", "user_id"),
    in_tenant("users", "user_id"),
    Index("user_terms_by_user", "tenant_id", "user_id", "term"),
)

queue_members = Table(
    "queue_members",
    metadata,
    code("tenant_id"),
    code("queue_id"),
    code("user_id"),
    PrimaryKeyConstraint("tenant_id", "queue_id", "user_id"),
    in_tenant("queues", "queue_id"),
    in_tenant("users", "user_id"),
    Index("queue_members_by_user", "tenant_id", "user_id", "queue_id"),
)

custom_fields = Table(
    "custom_fields",
    metadata,
    code("tenant_id"),
    code("queue_id"),
    code("name"),
    Column("position", SmallInteger, nullable=False),
    # JSON of a CustomField, edited by the desk's administrators.
    Column("definition", JSONB, nullable=False),
    PrimaryKeyConstraint("tenant_id", "queue_id", "name"),
    in_tenant("queues", "queue_id"),
)
