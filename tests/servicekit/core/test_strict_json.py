"""I-JSON: every value round-trips, and everything with two readings is refused without being quoted."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicekit.core.strict_json import MAX_DEPTH, NotStrictJson, parse, parse_with_checks

CHARACTERS = st.characters(codec="utf-8")
TEXT = st.text(CHARACTERS, max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5), max_leaves=25
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_every_value_comes_back(value: Any, ascii_only: bool, indent: int | str | None) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


TOKENS = [
    *'{}[]:,"',
    *["0", "-0", "-0.0", "1e2", "1E+2", "5e-324", "1e-400", "1e400", "-1e400", "9" * 25, "9" * 4300, "9" * 4301, "01"],
    *["9007199254740993.0", "2.4703282292062327e-324", "1.7976931348623159e308", "0." + "1" * 800, "NaN", "-Infinity"],
    *["true", "null", "True", '""', '"a"', '":"', '"a:b"', r'"\u003a"', r'"\u0061"', r'"a\"b:c"', '"{:}"', '"\ufeff"'],
    *[r'"\ud83d\ude00"', r'"\ud83d"', r'"\ude00\ud83d"', r'"\ud83d\u0061"', r'"\\ud800"', r'"\u12"', r'"\x"', '"\0"'],
    *["[" * 62, "]" * 62, '{"a":' * 62, "}" * 62, " ", "\t", "\n", "\x0b", "\xa0", "\ufeff", "//"],
]


def spelled(value: Any, chosen: random.Random) -> str:
    """A JSON text of a value, or one that is nearly JSON."""
    if isinstance(value, list):
        return "[" + ",".join(spelled(item, chosen) for item in value) + "]"
    if isinstance(value, dict):
        keys = [chosen.choice(['"a"', '":"', r'"\u0061"', json.dumps(key)]) for key in value]
        members = (f"{key}:{spelled(item, chosen)}" for key, item in zip(keys, value.values(), strict=True))
        return "{" + ",".join(members) + "}"
    return chosen.choice([json.dumps(value), json.dumps(value, ensure_ascii=False), chosen.choice(TOKENS)])


@settings(max_examples=300)
@given(VALUES, st.randoms(use_true_random=False), st.lists(st.sampled_from(TOKENS), max_size=6), st.booleans())
def test_the_fast_parser_never_differs(value: Any, chosen: random.Random, tokens: list[str], cut: bool) -> None:
    """A body is refused, or read, as by the parser with every check; types, signs and the order of keys included."""
    text = chosen.choice(["", "[" * 61]) + spelled(value, chosen)
    for token in tokens:
        at = chosen.randrange(len(text) + 1)
        text = text[:at] + token + text[at + (chosen.randrange(3) if cut else 0) :]
    body = text.encode()
    if cut and body:
        at = chosen.randrange(len(body))
        body = body[:at] + chosen.choice([b"", b"\xed\xa0\x80", b"\xc0\x80", b"\xff"]) + body[at:]
    assert outcome(parse, body) == outcome(parse_with_checks, body)


def outcome(parser: Callable[[bytes], Any], body: bytes) -> str:
    """The value, told apart from any other, or the refusal. `repr` shows types, signs and the order of keys."""
    try:
        return repr(parser(body))
    except NotStrictJson as refusal:
        return f"refused: {refusal}"


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
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": 1}'.encode("utf-16-le"), "not valid JSON"),
        ('{"a": 1}'.encode("utf-32-be"), "not valid JSON"),
        (b"", "The body is empty"),
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
