"""SQLAlchemy columns for the table metadata of services, which their migrations are checked against.

Every key begins with the tenant, so that no foreign key can reference another tenant's row. Text that is searched or
compared has the collation "C": byte order, independent of the cluster's locale.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKeyConstraint, Integer, Text, Uuid
from sqlalchemy import text as expression


def text(name: str, *, nullable: bool = False, **options: Any) -> Column[str]:
    """Free text."""
    return Column(name, Text, nullable=nullable, **options)


def code(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    """Text that is compared byte by byte, such as an id or a status; `default` is an SQL expression."""
    return Column(name, Text(collation="C"), nullable=nullable, server_default=default and expression(default))


def timestamp(name: str, *, nullable: bool = False) -> Column[Any]:
    """A timestamp with time zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def integer(name: str, *, big: bool = False, default: str | None = None, nullable: bool = False) -> Column[int]:
    """An integer; `default` is an SQL expression."""
    kind = BigInteger if big else Integer
    return Column(name, kind, nullable=nullable, server_default=default and expression(default))


def identifier(name: str) -> Column[Any]:
    """The UUID of another row."""
    return Column(name, Uuid, nullable=False)


def own_identifier(schema: str) -> Column[Any]:
    """A row's own UUID, time-ordered: the database makes it (`storage.identifiers`)."""
    return Column("id", Uuid, nullable=False, server_default=expression(f"{schema}.uuidv7()"))


def version() -> Column[int]:
    """A row version, incremented by every update."""
    return integer("version", default="1")


def within_tenant(schema: str, target: str, *columns: str, key: str = "id") -> ForeignKeyConstraint:
    """A foreign key to a row of the same tenant. `key` is the name of the last column in the target table."""
    keys = [key] if len(columns) == 1 else [*columns[:-1], key]
    references = [f"{schema}.{target}.{column}" for column in ("tenant_id", *keys)]
    return ForeignKeyConstraint(["tenant_id", *columns], references)
