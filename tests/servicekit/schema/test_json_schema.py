"""What is advertised: schemas that accept what the validator accepts, without titles or indirection."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, RootModel

from servicekit.schema.arguments import Arguments, InvalidArguments
from servicekit.schema.pagination import Page
from servicekit.schema.results import OutputSchema


class Author(BaseModel):
    title: str
    born: date | None = None


class Work(BaseModel):
    title: Annotated[str, Field(title="The title", description="As printed.")]
    author: Author
    second: Author | None = None
    tags: list[str | None] = []
    kinds: dict[str, Author] = {}


async def find(
    title: Annotated[str, Field(max_length=20)],
    author: Author | None = None,
    works: list[Author] | None = None,
    pages: Annotated[int, Field(ge=1, le=9)] | None = None,
    order: Literal["up", "down"] = "up",
    ratio: float = 0.5,
) -> Work:
    """Find."""


ARGUMENTS = Arguments(find)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


@pytest.mark.parametrize("schema", [ARGUMENTS.schema, OutputSchema(Work).schema, OutputSchema(Page[Work]).schema])
def test_schemas_have_no_generated_titles_and_no_references(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    for node in nodes(schema):
        assert not {"$ref", "$defs"} & node.keys()
        assert not isinstance(node.get("title"), str)
    titles = [node["title"] for node in nodes(schema) if "title" in node]
    assert titles
    assert all(title["type"] == "string" for title in titles)


AUTHOR = st.fixed_dictionaries({"title": st.text(max_size=5)}, optional={"born": st.dates().map(str)})
GOOD = st.fixed_dictionaries(
    {"title": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=25)},
    optional={
        "author": AUTHOR,
        "works": st.lists(AUTHOR, max_size=2),
        "pages": st.integers(-1, 12),
        "order": st.sampled_from(["up", "down", "side"]),
        "ratio": st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 3),
        "extra": st.just(1),
    },
)


@given(GOOD)
def test_the_schema_accepts_what_the_validator_accepts(raw: dict[str, Any]) -> None:
    with suppress(InvalidArguments):
        ARGUMENTS.parse(raw)
        Draft202012Validator(ARGUMENTS.schema).validate(raw)


def test_an_argument_that_may_be_left_out_is_shown_as_its_type() -> None:
    pages = ARGUMENTS.schema["properties"]["pages"]
    assert pages == {"type": "integer", "maximum": 9}
    assert ARGUMENTS.schema["required"] == ["title"]
    assert ARGUMENTS.schema["additionalProperties"] is False


@given(
    st.builds(
        Work,
        title=st.text(max_size=5),
        author=st.builds(Author),
        second=st.none() | st.builds(Author),
        tags=st.lists(st.none() | st.text(max_size=3), max_size=3),
        kinds=st.dictionaries(st.text(max_size=3), st.builds(Author), max_size=2),
    )
)
def test_every_result_fits_the_output_schema(work: Work) -> None:
    shape = OutputSchema(Work)
    assert shape.schema is not None
    Draft202012Validator(shape.schema).validate(shape.render(work).structured)


def test_a_page_may_leave_any_field_out() -> None:
    shape = OutputSchema(Page[Work])
    assert shape.schema is not None
    page = Page([Work(title="a", author=Author(title="b"))], 1, key=lambda work: (work.title,))
    Draft202012Validator(shape.schema).validate(shape.render(page, ["author"]).structured)


@pytest.mark.parametrize("annotation", [None, int, dict[str, int], list[Work], Page[str], RootModel[list[int]]])
def test_a_return_type_that_is_no_object_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="a tool returns"):
        OutputSchema(annotation)
