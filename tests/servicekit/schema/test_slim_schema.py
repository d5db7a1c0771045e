"""What input schemas leave out, and what they keep because a model needs it."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from servicekit.schema.argument_types import Identifier
from servicekit.schema.arguments import Arguments
from servicekit.schema.pagination import CursorKey

SKU = Identifier("a product code such as LMP", "LMP", pattern="[A-Z]+")


class Line(BaseModel):
    """Speaks to programmers."""

    sku: Annotated[str, SKU, Field(description="Product code, such as LMP.")]
    pieces: Annotated[int, Field(ge=1, le=999, description="Pieces, 1 to 999.")]
    note: str | None = None


async def order(
    code: Annotated[str, Field(min_length=3, max_length=40, description="A code.")],
    id: Annotated[UUID, Field(description="Its id.")],  # noqa: A002 - as services name their arguments
    title: Annotated[str, Field(min_length=1, max_length=256)],
    body: Annotated[str, Field(max_length=10_000)],
    huge: Annotated[str, Field(max_length=200_000)],
    day: Annotated[date, Field(description="Day, YYYY-MM-DD.")],
    bare_day: date,
    hours: Annotated[int, Field(ge=1, le=48, description="Hours needed.")],
    amount: Annotated[int, Field(ge=0, le=10**12)],
    change: Annotated[int, Field(ge=-(10**6), le=10**6)],
    celsius: Annotated[float, Field(ge=-60, le=60)],
    lines: Annotated[list[Line], Field(min_length=1, max_length=100, description="Lines.")],
    pair: Annotated[list[str], Field(min_length=2, max_length=5)],
    kind: Literal["new", "used"] = "new",
    dry: bool = False,
    wet: bool = True,
    cursor: CursorKey | None = None,
) -> str:  # type: ignore[empty-body]
    """Order."""


PROPERTIES = Arguments(order).schema["properties"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("code", {"type": "string", "description": "A code.", "minLength": 3}),
        ("id", {"type": "string", "description": "Its id."}),
        ("title", {"type": "string", "maxLength": 256}),
        ("body", {"type": "string", "maxLength": 10_000}),
        ("huge", {"type": "string"}),
        ("day", {"type": "string", "description": "Day, YYYY-MM-DD."}),
        ("bare_day", {"type": "string", "format": "date"}),
        ("hours", {"type": "integer", "description": "Hours needed.", "maximum": 48}),
        ("amount", {"type": "integer"}),
        ("change", {"type": "integer"}),
        ("celsius", {"type": "number", "minimum": -60, "maximum": 60}),
        ("pair", {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 5}),
        ("kind", {"type": "string", "enum": ["new", "used"], "default": "new"}),
        ("dry", {"type": "boolean"}),
        ("wet", {"type": "boolean", "default": True}),
        ("cursor", {"type": "string", "description": "From next_cursor."}),
    ],
)
def test_a_schema_keeps_what_guides(name: str, kept: dict[str, Any]) -> None:
    assert PROPERTIES[name] == kept


def test_nested_objects_are_slim_too() -> None:
    assert PROPERTIES["lines"] == {
        "type": "array",
        "description": "Lines.",
        "items": {
            "type": "object",
            "properties": {
                "sku": {"type": "string", "description": "Product code, such as LMP."},
                "pieces": {"type": "integer", "description": "Pieces, 1 to 999."},
                "note": {"type": "string"},
            },
            "required": ["sku", "pieces"],
        },
    }
