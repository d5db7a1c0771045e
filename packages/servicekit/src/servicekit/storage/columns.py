"""Columns as the services' tables have them, for the metadata that migrations are compared with.

Every key begins with the tenant, so that no reference can lead out of it. Text that is searched or compared has the
collation "C": byte order, whatever the cluster's locale is.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKeyConstraint, Integer, Text, Uuid
from sqlalchemy import text as expression


def text(name: str, *, nullable: bool = False, **options: Any) -> Column[str]:
    """Text for people."""
    return Column(name, Text, nullable=nullable, **options)


def code(name: str, *, nullable: bool = False) -> Column[str]:
    """Text that is compared, byte by byte."""
    return Column(name, Text(collation="C"), nullable=nullable)


def timestamp(name: str, *, nullable: bool = False) -> Column[Any]:
    """A moment, with its time zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def integer(name: str, *, big: bool = False, default: str | None = None, nullable: bool = False) -> Column[int]:
    """A whole number; `default` is an SQL expression."""
    kind = BigInteger if big else Integer
    return Column(name, kind, nullable=nullable, server_default=default and expression(default))


def identifier(name: str = "id") -> Column[Any]:
    """A UUID; a table's own `id` is made by the database, sortable by time."""
    return Column(name, Uuid, nullable=False, server_default=expression("uuidv7()") if name == "id" else None)


def version() -> Column[int]:
    """Grows with every change of the row."""
    return integer("version", default="1")


def within_tenant(schema: str, target: str, *columns: str, key: str = "id") -> ForeignKeyConstraint:
    """A reference to another table's row of the same tenant. Only the last column may have another name there."""
    keys = [key] if len(columns) == 1 else [*columns[:-1], key]
    references = [f"{schema}.{target}.{column}" for column in ("tenant_id", *keys)]
    return ForeignKeyConstraint(["tenant_id", *columns], references)
