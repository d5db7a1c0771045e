"""The schema, and columns that several tables have. Amounts are minor units."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    MetaData,
)

from servicekit.storage.columns import (
    integer,
    within_tenant,
)

SCHEMA = "orders"
metadata = MetaData(schema=SCHEMA)


def in_tenant(target: str, *columns: str, key: str = "id") -> ForeignKeyConstraint:
    """A reference within the tenant."""
    return within_tenant(SCHEMA, target, *columns, key=key)


def amount(name: str, default: str | None = None) -> Column[int]:
    """An amount in minor units."""
    return integer(name, big=True, default=default)
