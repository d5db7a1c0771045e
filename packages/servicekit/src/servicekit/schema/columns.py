"""Long lists as tables: the names of the columns once, then one list of values for each record.

A field is marked where it is declared, and its serialiser does the rest. A page is marked in the tool's signature::

    hours: Annotated[list[Hour], Columns()]  # {"columns": ["time", "wind_kmh"], "rows": [["…", 12], ["…", 14]]}
    async def search_tickets(self) -> Annotated[Page[TicketSummary], Columns()]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class Columns:
    """Annotation of a list or page of models whose names would otherwise be repeated in every record.

    A column without any value is left out; a single missing value is null.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        names = column_names(source)
        listed = handler(source)

        def as_table(records: Any, serialise: Any) -> dict[str, Any]:
            return table(serialise(records), names)

        serialisation = core_schema.wrap_serializer_function_ser_schema(as_table, schema=listed, when_used="json")
        return {
            **listed,
            "serialization": serialisation,
            "metadata": {"pydantic_js_functions": [lambda _schema, _handler: table_schema(names)]},
        }


def column_names(annotation: Any) -> tuple[str, ...]:
    """The names of the columns of a list of models.

    Raises:
        TypeError: `annotation` is no list of a model.
    """
    model = get_args(annotation)[0] if get_origin(annotation) in (list, tuple) else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"Columns annotates a list of a model, not {annotation!r}")
    return tuple(model.model_fields)


def tables_of(model: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """The fields of a model that are tables, with the names of their columns."""
    found: dict[str, tuple[str, ...]] = {}
    for name, info in model.model_fields.items():
        if any(isinstance(mark, Columns) for mark in info.metadata):
            found[name] = column_names(info.annotation)
        for option in get_args(info.annotation):  # Annotated[list[Hour], Columns()] | None
            if any(isinstance(mark, Columns) for mark in get_args(option)):
                found[name] = column_names(get_args(option)[0])
    return found


def table(records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Records as a table of the columns that have a value."""
    used = set[str]().union(*records)
    columns = [name for name in names if name in used]
    rows = [[record.get(name) for name in columns] for record in records]
    for place, values in enumerate(zip(*rows, strict=True)):
        if float in map(type, values):
            for row in rows:
                row[place] = _shortest(row[place])
    return {"columns": columns, "rows": rows}


def _shortest(value: Any) -> Any:
    """The same number without a fraction where it has none: 64.0 costs three tokens, 64 one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def with_columns(shown: Mapping[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
    """A table with some of its columns; with all of them if it has none of those."""
    places = [place for place, name in enumerate(shown["columns"]) if name in chosen]
    if not places:
        return dict(shown)
    return {
        "columns": [shown["columns"][place] for place in places],
        "rows": [[row[place] for place in places] for row in shown["rows"]],
    }


def table_schema(names: Sequence[str]) -> dict[str, Any]:
    """The JSON Schema of a table of these columns."""
    return {
        "type": "object",
        "properties": {
            "columns": {"type": "array", "items": {"enum": list(names)}},
            "rows": {"type": "array", "items": {"type": "array"}, "description": "Values in the order of columns."},
        },
        "required": ["columns", "rows"],
    }
