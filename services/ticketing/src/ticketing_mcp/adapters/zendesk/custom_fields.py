"""Custom fields at Zendesk. All tickets of an account have the same ones: a form only hides some."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ticketing_mcp.adapters.zendesk.api.client import parsed
from ticketing_mcp.adapters.zendesk.groups import Groups, slug
from ticketing_mcp.adapters.zendesk.wire import WireField, WireFieldValue
from ticketing_mcp.models.custom_fields import MAX_FIELDS, CustomField, FieldType, FieldValue, NewValue

_TYPES: Final[Mapping[str, FieldType]] = {
    "text": "text", "textarea": "text", "regexp": "text", "integer": "integer", "decimal": "number",
    "checkbox": "boolean", "date": "date", "tagger": "choice", "multiselect": "multi_choice",
}  # fmt: skip
"""Other types, such as credit card numbers and look-ups, are not read."""
_NOT_A_LETTER: Final = re.compile(r"^(?![a-z])")
_LONGEST: Final = 30


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field, and Zendesk's number of it."""

    number: int
    definition: CustomField


class FieldDirectory:
    """The custom fields of an account. A name is that of the title; two of one name have their numbers behind it."""

    def __init__(self, fields: Iterable[WireField]) -> None:
        known = [field for field in fields if field.removable and field.active and field.type in _TYPES][:MAX_FIELDS]
        names = {field.id: _name(field.title) for field in known}
        shared = Counter(names.values())
        self.fields: Final = [
            Field(
                field.id,
                CustomField(
                    name=names[field.id] if shared[names[field.id]] == 1 else f"{names[field.id][:20]}_{field.id}",
                    type=_TYPES[field.type],
                    meaning=field.title,
                    choices=tuple(option.value for option in field.custom_field_options),
                ),
            )
            for field in known
            if field.type not in ("tagger", "multiselect") or field.custom_field_options
        ]
        self._by_number = {str(field.number): field.definition for field in self.fields}
        self._numbers = {field.definition.name: field.number for field in self.fields}

    def name_of(self, number: str) -> str | None:
        """The name of a field by Zendesk's number; None for another kind of field."""
        known = self._by_number.get(number)
        return known.name if known is not None else None

    def values(self, sent: Sequence[WireFieldValue]) -> list[FieldValue]:
        """The values of a ticket. A requester may have written a text."""
        return [value for one in sent if (value := self._value(one)) is not None]

    def to_write(self, values: Sequence[NewValue]) -> list[dict[str, Any]]:
        """The values in Zendesk's form."""
        return [{"id": self._numbers[value.name], "value": value.value} for value in values]

    def _value(self, sent: WireFieldValue) -> FieldValue | None:
        definition, value = self._by_number.get(str(sent.id)), sent.value
        if definition is None or value in (None, "", []):
            return None
        if definition.type == "text":
            return FieldValue(name=definition.name, text=str(value), author="requester")
        if definition.type in ("integer", "number") and isinstance(value, str):
            value = float(value) if "." in value else int(value)
        return FieldValue(name=definition.name, value=value)


class ZendeskCustomFields(Groups):
    """`CustomFields` on Zendesk."""

    async def custom_fields(self, queue_id: str) -> list[CustomField]:  # noqa: ARG002
        return [field.definition for field in (await self.fields()).fields]

    async def fields(self) -> FieldDirectory:
        found = await self._api.everything(("ticket_fields",), "ticket_fields", "ticket fields")
        return FieldDirectory(parsed(WireField, item) for item in found)


def _name(title: str) -> str:
    return _NOT_A_LETTER.sub("field_", slug(title).replace("-", "_"))[:_LONGEST].rstrip("_")
