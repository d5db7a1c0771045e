"""The search index."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as expression

from servicekit.storage.columns import code, integer
from ticketing_mcp.migrations.tables.schema import SCHEMA, in_tenant, metadata

vocabulary = Table(
    "vocabulary",
    metadata,
    code("tenant_id"),
    code("term"),
    Column("id", Integer, Identity(always=False), nullable=False),
    PrimaryKeyConstraint("tenant_id", "term"),
    UniqueConstraint("tenant_id", "id"),
    ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
)

vocabulary_trigrams = Table(
    "vocabulary_trigrams",
    metadata,
    code("tenant_id"),
    code("trigram"),
    integer("term_id"),
    PrimaryKeyConstraint("tenant_id", "trigram", "term_id"),
    in_tenant("vocabulary", "term_id"),
)

ticket_terms = Table(
    "ticket_terms",
    metadata,
    code("tenant_id"),
    integer("number"),
    integer("term_id"),
    Column("weight", SmallInteger, nullable=False),
    Column("in_comments", Boolean, nullable=False, server_default=expression("false")),
    PrimaryKeyConstraint("tenant_id", "number", "term_id", postgresql_include=["weight"]),
    in_tenant("tickets", "number", "number"),
    in_tenant("vocabulary", "term_id"),
    Index("ticket_terms_by_term", "tenant_id", "term_id", expression("number DESC")),
    info={"derived": True},  # from the texts of tickets: the writer deletes and rebuilds these rows
)
