"""Custom fields of a queue: their definitions, which administrators maintain as rows, and their values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Author, DescribedObject, FreeText, Record, Searched, Untrusted
from ticketing_mcp.models.tags import TagName

FieldType = Literal["text", "number", "integer", "boolean", "date", "choice", "multi_choice"]
Value = str | int | float | bool | list[str]
MAX_FIELDS = 50
"""Most custom fields of one queue."""
MAX_FIELD_TEXT = 1000

NewValues = Annotated[
    dict[Annotated[str, Searched()], Any],
    Field(max_length=MAX_FIELDS, description="Values by name, from list_fields; null clears one."),
]


class CustomField(Record):
    """The definition of a custom field.

    Attributes:
        least, most: bounds of a number, the length of a text in characters, or the first and last day of a date.
        required: a new ticket must have it, and no change may clear it.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    type: FieldType
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    least: float | date | None = None
    most: float | date | None = None

    @property
    def bound(self) -> str | None:
        """The bounds in words."""
        unit = " characters" if self.type == "text" else ""
        longest = MAX_FIELD_TEXT if self.type == "text" and self.most is None else self.most
        least, most = _whole(self.least), _whole(longest)
        if least is not None and most is not None:
            return f"{least} to {most}{unit}"
        return f"at least {least}{unit}" if least is not None else f"at most {most}{unit}" if most is not None else None

    @property
    def annotation(self) -> Any:
        """The type of its values, as of an argument."""
        if self.type == "text":
            most = int(self.most) if isinstance(self.most, float) else MAX_FIELD_TEXT
            least = int(self.least) if isinstance(self.least, float) else 1
            return Annotated[str, FreeText(most, self.meaning, shortest=least), Searched()]
        if self.type in ("choice", "multi_choice"):
            one: Any = Literal.__getitem__(self.choices)  # a closed set known only at run time
            return one if self.type == "choice" else list[one]
        if self.type == "boolean":
            return bool
        kind: Any = {"number": float, "integer": int, "date": date}[self.type]
        bounds: Any = {"ge": _whole(self.least), "le": _whole(self.most)}
        return Annotated[kind, Field(**bounds)]


def _whole(bound: float | date | None) -> float | date | None:
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _author_of(value: "FieldValue") -> Author:
    return value.author


class FieldValue(Record):
    """The value of a custom field: `text` of a text field, `value` of every other type."""

    name: str
    value: str | int | float | bool | list[TagName] | None = None
    text: Annotated[str, Untrusted(_author_of)] | None = None
    author: Annotated[Literal["requester", "staff"], Field(exclude=True)] = "staff"

    @property
    def stored(self) -> Value | None:
        """The value, of any type."""
        return self.text if self.text is not None else self.value


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value to write; None clears it."""

    name: str
    type: FieldType
    value: Value | None


def new_values(
    queue_id: str, fields: Sequence[CustomField] | None, sent: Mapping[str, Any], present: Iterable[FieldValue] | None
) -> tuple[NewValue, ...]:
    """The values that a ticket of a queue gets, checked against the definitions.

    Args:
        fields: the definitions; None where this desk's fields cannot be read.
        sent: the values by name; an empty one clears the field.
        present: what the ticket has already; None for a new ticket, which must have every required field.

    Raises:
        InvalidArguments: a field does not exist, or a value breaks its rule.
        Refused: a required field is missing or cleared.
    """
    if fields is None:
        if sent:
            raise Refused("This server cannot set custom fields at this desk. Leave custom_fields out.")
        return ()
    if not fields and sent:
        raise Refused(f"The queue {queue_id} has no custom fields. Leave custom_fields out.")
    described = _described(tuple(fields))
    values = described.read(sent) if sent else {}
    required = [field.name for field in fields if field.required]
    missing = [name for name in required if values.get(name) is None and (present is None or name in values)]
    if missing:
        rules = "; ".join(f"{name} {described.rule(name)}" for name in missing)
        raise Refused(f"The queue {queue_id} requires these in custom_fields: {rules}. list_fields explains them.")
    types = {field.name: field.type for field in fields}
    before = {value.name: value.stored for value in present or ()}
    plain = {name: _plain(value) for name, value in values.items()}
    return tuple(NewValue(name, types[name], value) for name, value in plain.items() if value != before.get(name))


@lru_cache(maxsize=256)
def _described(fields: tuple[CustomField, ...]) -> DescribedObject:
    return DescribedObject("custom_fields", {field.name: field.annotation for field in fields})


def _plain(value: Any) -> Value | None:
    """A validated value as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    found: Value | None = list(dict.fromkeys(value)) if isinstance(value, list) else value
    return found
