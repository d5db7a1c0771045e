"""I-JSON: every value round-trips, and everything with two readings is refused without being quoted."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.core.strict_json import MAX_DEPTH, NotStrictJson, parse

CHARACTERS = st.characters(codec="utf-8")
TEXT = st.text(CHARACTERS, max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5), max_leaves=25
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_every_value_comes_back(value: Any, ascii_only: bool, indent: int | str | None) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


@given(st.dictionaries(TEXT, SCALARS, min_size=1, max_size=4), st.data())
def test_a_repeated_key_is_refused_wherever_it_is(value: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    twice = json.dumps(value)[:-1] + f", {json.dumps(key)}: 1}}"
    wrap = data.draw(st.sampled_from(["{}", "[{}]", '{{"a": [0, {}]}}', '{{"a": {{"b": {}}}}}']))
    with pytest.raises(NotStrictJson, match="same key twice"):
        parse(wrap.format(twice).encode())


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (rb'{"a": 1, "\u0061": 2}', "same key twice"),
        (b"NaN", "NaN and Infinity"),
        (b"[Infinity]", "NaN and Infinity"),
        (b'{"a": -Infinity}', "NaN and Infinity"),
        (b"1e999", "too large"),
        (b"[-1e400]", "too large"),
        (rb'"\ud800"', "surrogate"),
        (rb'["\uDFFF"]', "surrogate"),
        (rb'{"\ud800": 1}', "surrogate"),
        (rb'"\udc00\ud800"', "surrogate"),
        (rb'"\\\ud800"', "surrogate"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'"\xff"', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        ('{"a": 1}'.encode("utf-16-le"), "not valid JSON"),
        ('{"a": 1}'.encode("utf-32-be"), "not valid JSON"),
        (b"", "not valid JSON"),
        (b"{} {}", "not valid JSON"),
        (b'{"a": 1,}', "not valid JSON"),
        (b"{'a': 1}", "not valid JSON"),
        (b"01", "not valid JSON"),
        (b'"\x00"', "not valid JSON"),
        (b"9" * 5000, "not valid JSON"),
        (b"[" * (1024 * 1024), "64 levels"),
        (b'{"a":' * 100_000, "64 levels"),
    ],
)
def test_what_has_two_readings_is_refused(body: bytes, rule: str) -> None:
    with pytest.raises(NotStrictJson, match=rule):
        parse(body)


def test_an_escaped_backslash_before_a_u_is_text() -> None:
    assert parse(rb'"\\ud800"') == r"\ud800"
    assert parse(rb'"\ud83d\ude00"') == "\U0001f600"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_the_deepest_nesting_is_exactly_64(opening: str) -> None:
    closing = "]" if opening == "[" else "}"

    def nested(depth: int) -> bytes:
        return (opening * depth + '"[[[{{{\\"[[["' + closing * depth).encode()

    parse(nested(MAX_DEPTH))
    with pytest.raises(NotStrictJson, match="64 levels"):
        parse(nested(MAX_DEPTH + 1))


def test_brackets_inside_strings_are_not_nesting() -> None:
    text = "[{" * 1000 + '\\"[' * 1000
    assert parse(json.dumps([text, {text: text}]).encode()) == [text, {text: text}]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 64 + b"{}" + b'"' + rb"\"" * 500_000,
        b"[" * 60 + b"[]" * 100 + b'"' + b"\\\\" * 500_000,
        b'""' * 500_000 + b"[" * 65,
        b"[" * 60 + b'"' + b"\\" * 1_000_001,
        b'["' * 300_000,
    ],
    ids=["escaped quotes", "backslashes", "empty strings", "odd backslashes", "strings that swallow brackets"],
)
def test_a_hostile_megabyte_is_refused_in_linear_time(body: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(NotStrictJson):
        parse(body)
    assert time.perf_counter() - started < 10  # quadratic would be hours


@given(st.text(CHARACTERS, min_size=8, max_size=40), st.sampled_from(['{{"a": 1, "a": {}}}', "[{}, NaN]", "{} x"]))
def test_a_refusal_never_quotes_the_body(text: str, wrap: str) -> None:
    with pytest.raises(NotStrictJson) as refusal:
        parse(wrap.format(json.dumps("<mark>" + text)).encode())
    assert "<mark>" not in str(refusal.value)
