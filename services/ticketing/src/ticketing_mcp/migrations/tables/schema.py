"""The schema, and columns that several tables have."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ForeignKeyConstraint,
    MetaData,
    Text,
)
from sqlalchemy import text as expression

from servicekit.storage.columns import within_tenant

SCHEMA = "ticketing"
metadata = MetaData(schema=SCHEMA)


def format_column() -> Column[Any]:
    return Column("format", Text(collation="C"), nullable=False, server_default=expression("'text'"))


def addresses(name: str, **options: Any) -> Column[Any]:
    return Column(name, ARRAY(Text(collation="C")), **options)


def in_tenant(target: str, column: str, key: str = "id") -> ForeignKeyConstraint:
    return within_tenant(SCHEMA, target, column, key=key)
