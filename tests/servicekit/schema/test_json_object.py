"""A result is encoded once: its text, its structured content and what is added to a page are the same JSON."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from servicekit.schema.json_object import JsonObject
from servicekit.schema.results import OutputSchema

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]))
objects = st.dictionaries(texts, scalars | texts | st.lists(texts))


class Gauge(BaseModel):
    level: float
    note: Any = None


class Verbose(Gauge):
    model_config = ConfigDict(ser_json_inf_nan="constants")


@given(objects, texts, texts)
def test_members_are_added_at_the_end(members: dict[str, Any], notice: str, cursor: str) -> None:
    whole = JsonObject.of(members).extended(next_cursor=cursor, notice=notice)
    assert json.loads(whole.encoded) == {**members, "next_cursor": cursor, "notice": notice}
    assert whole.members == json.loads(whole.text)
    assert JsonObject.of(members).extended().encoded == JsonObject.of(members).encoded


@pytest.mark.parametrize("model", [Gauge, Verbose])
@pytest.mark.parametrize("level", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_become_null(model: type[Gauge], level: float) -> None:
    result = OutputSchema(model).render(model(level=level, note={"NaN": "Infinity", "levels": [level]}))
    assert result.structured == {"level": None, "note": {"NaN": "Infinity", "levels": [None]}}
    assert json.loads(result.text, parse_constant=pytest.fail) == result.structured
