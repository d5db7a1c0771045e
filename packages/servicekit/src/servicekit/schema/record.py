"""The base class of the models that tools return."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


def to_the_second(moment: datetime) -> datetime:
    """The moment without its fraction, which pydantic writes as ``2026-01-31T12:00:00Z``."""
    return moment.replace(microsecond=0) if moment.microsecond else moment


_TO_THE_SECOND: Final = core_schema.plain_serializer_function_ser_schema(
    to_the_second, return_schema=core_schema.datetime_schema(), when_used="json-unless-none"
)


def _moments(node: Any) -> Iterator[dict[str, Any]]:
    """The schemas of moments inside a core schema."""
    if isinstance(node, dict):
        if node.get("type") == "datetime":
            yield node
        for name, value in node.items():
            if name != "serialization":
                yield from _moments(value)
    elif isinstance(node, list):
        for value in node:
            yield from _moments(value)


class Record(BaseModel):
    """An immutable model. Its moments are shown to the second; Python keeps the fractions, for cursors and rules."""

    model_config = ConfigDict(frozen=True, strict=False, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler, /) -> CoreSchema:
        schema = handler(source)
        for node in _moments(schema):
            node.setdefault("serialization", _TO_THE_SECOND)
            node.setdefault("metadata", {})["pydantic_js_updates"] = {"type": "string", "format": "date-time"}
        return schema
