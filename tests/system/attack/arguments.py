"""Generates arguments from a tool's published input schema, with Hypothesis."""

import warnings
from collections.abc import Mapping
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

_TEXT = st.text(max_size=40)
_NUMBERS = st.integers(-(2**70), 2**70)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)


def from_schema(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the schema accepts. Unknown parts of a schema are ignored, so a value may break them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return st.one_of([from_schema(one) for one in alternatives])
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of([from_schema({**schema, "type": one}) for one in kind])
    match kind:
        case "object":
            return _objects(schema)
        case "array":
            items = from_schema(schema.get("items", {}))
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(schema.get("maxItems", 4), 4))
        case "string":
            return _strings(schema)
        case "integer" | "number":
            return _bounded(schema, kind)
    return {"boolean": st.booleans(), "null": st.none()}.get(str(kind), _ANYTHING)


def _objects(schema: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = {name: from_schema(one) for name, one in schema.get("properties", {}).items()}
    required = {name: properties.pop(name) for name in schema.get("required", ()) if name in properties}
    known = st.fixed_dictionaries(required, optional=properties)
    if schema.get("additionalProperties", True) is False:
        return known
    return st.builds(lambda fixed, extra: {**extra, **fixed}, known, st.dictionaries(_TEXT, _ANYTHING, max_size=2))


def _strings(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), min(schema.get("maxLength", 40), 200)
    if pattern := schema.get("pattern"):
        return st.from_regex(pattern, fullmatch=False)
    match schema.get("format"):
        case "date":
            return st.dates().map(str)
        case "date-time":
            return st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
        case "uuid":
            return st.uuids().map(str)
    return st.text(min_size=least, max_size=max(least, most))


def _bounded(schema: Mapping[str, Any], kind: str) -> st.SearchStrategy[int | float]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if kind == "integer":
        return st.integers(least, most)
    return st.floats(least, most, allow_nan=False, allow_infinity=False)


def drawn(strategy: st.SearchStrategy[Any], count: int, seed: int) -> list[Any]:
    """So many values of a strategy; the seed repeats them. A small strategy may have fewer."""
    found: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    return found
