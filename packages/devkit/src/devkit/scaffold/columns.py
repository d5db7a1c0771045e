"""The columns of a table as fields of a record, read from the metadata of a server's migrations."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, Numeric, SmallInteger, Table, Text, Uuid

from devkit.errors import DevkitError

_LEFT_OUT: Final = ("tenant_id",)
_DERIVED: Final = "_key"
"""The end of names of columns that only help a search."""
_KEYS: Final = ("str", "int", "UUID")
"""Types of keys that a cursor can hold."""


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        type: how the model has it, such as ``datetime``.
        is_text: free text, which people outside may have written.
    """

    name: str
    type: str
    nullable: bool
    is_text: bool = False


@dataclass(frozen=True)
class Fields:
    """What a tool shows of a table.

    Attributes:
        schema: of the table.
        key: the fields of its primary key, without the tenant.
        left_out: columns with a type that no field has.
    """

    schema: str
    table: str
    fields: Sequence[Field]
    key: Sequence[Field]
    left_out: Sequence[str]


def fields_of(service: str, table: str) -> Fields:
    """The fields of a table of a server.

    Raises:
        DevkitError: the server has no migrations, no such table, or the table has a key that pages cannot follow.
    """
    if find_spec(f"{service}_mcp.migrations") is None:
        raise DevkitError(f"{service} owns no database, so it has no table {table}. Leave TABLE out.")
    module: Any = import_module(f"{service}_mcp.migrations.tables")
    found: Table | None = module.metadata.tables.get(f"{module.SCHEMA}.{table}")
    if found is None:
        known = ", ".join(sorted(one.name for one in module.metadata.tables.values()))
        raise DevkitError(f"{service} has no table {table}. Use one of: {known}.")
    shown = [one for one in found.columns if one.name not in _LEFT_OUT and not one.name.endswith(_DERIVED)]
    fields = [field for column in shown if (field := _field(column)) is not None]
    keys = [column.name for column in found.primary_key.columns if column.name not in _LEFT_OUT]
    key = [field for name in keys for field in fields if field.name == name]
    if not key or len(key) != len(keys) or any(field.type not in _KEYS for field in key):
        raise DevkitError(
            f"The key of {table} ({', '.join(keys)}) cannot order pages: it needs columns of text, whole numbers or "
            'UUIDs beside tenant_id. Write the tool by hand: CONTRIBUTING.md, "Add a tool".'
        )
    names = {field.name for field in fields}
    left_out = [column.name for column in shown if column.name not in names]
    return Fields(module.SCHEMA, table, fields, key, left_out)


def _field(column: Column[Any]) -> Field | None:
    """The field of a column; None for types such as JSON, arrays and bytes."""
    kinds: tuple[tuple[tuple[type, ...], str], ...] = (
        ((BigInteger, Integer, SmallInteger), "int"),
        ((Boolean,), "bool"),
        ((DateTime,), "datetime"),
        ((Date,), "date"),
        ((Numeric,), "Decimal"),
        ((Text,), "str"),
        ((Uuid,), "UUID"),
    )
    for types, name in kinds:
        if isinstance(column.type, types):
            is_text = name == "str" and getattr(column.type, "collation", None) is None
            return Field(column.name, name, bool(column.nullable), is_text)
    return None
