"""Conversions: they never change a valid value, money or stored text, and reading twice is reading once."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from servicekit.schema import conversions
from servicekit.schema.argument_types import Clamped, Exact, Identifier, Searched, Splits, StandsAlone
from servicekit.schema.arguments import Arguments, InvalidArguments
from servicekit.schema.kinds import Identified


def _code(text: str) -> str:
    return text.upper().replace(" ", "-").replace("\u00a0", "-")


def _pair(text: str) -> dict[str, str] | None:
    left, slash, right = text.partition("/")
    return {"left": left, "right": right} if slash and left and right and "/" not in right else None


Code = Annotated[str, Identifier("a code such as AB-1", "AB-1", pattern=r"[A-Z]{2}-[0-9]", normalise=_code)]
Label = Annotated[str, Identifier("a label such as bug", "bug", pattern="[^,]{1,50}")]
Path = Identifier("a path such as a/b", "a/b", normalise=lambda path: path.removeprefix("./"), spaced=True)
Name = Identifier("a name such as ann", "ann", pattern="[a-z]{1,9}")
COLOURS = ("grey_blue", "cancelled", "red")


class Piece(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    code: Annotated[Code, StandsAlone()]
    count: Annotated[int, Exact()] | None = None


class Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    body: Annotated[str | None, Exact(empty=True)] = None
    pieces: Annotated[int, Exact()] = 1
    code: Code | None = None


async def write(
    body: str,
    price: Annotated[int, Field(ge=0), Exact()] = 0,
    count: Annotated[int, Field(ge=1, le=50), Clamped()] = 20,
    ratio: float | None = None,
    flag: bool = False,
    colour: Literal["grey_blue", "cancelled", "red"] | None = None,
    day: date | None = None,
    code: Code | None = None,
    query: Annotated[str, Searched()] | None = None,
    codes: list[Code] | None = None,
    labels: list[Label] | None = None,
    path: Annotated[str, Path] | None = None,
    parts: list[Part] | None = None,
    pieces: list[Piece] | None = None,
    left: Annotated[str, Name, Splits("left", _pair)] | None = None,
    right: Annotated[str, Name, Splits("right", _pair)] | None = None,
) -> None:
    """Write."""


WRITE = Arguments(write)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
VALID = st.fixed_dictionaries(
    {"body": TEXT},
    optional={
        "price": st.integers(0, 10**12),
        "count": st.integers(1, 50),
        "ratio": st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.booleans(),
        "colour": st.sampled_from(COLOURS),
        "day": st.dates(date(1000, 1, 1)).map(str),
        "code": st.from_regex(r"\A[A-Z]{2}-[0-9]\Z"),
        "query": TEXT.filter(lambda text: not text.isspace()),
        "path": TEXT.filter(lambda text: not text.isspace() and not text.startswith("./")),
        "left": st.from_regex(r"\A[a-z]{1,9}\Z"),
    },
)


def understood(**raw: Any) -> tuple[dict[str, Any], list[str]]:
    arguments, notices, _ = WRITE.parse({"body": "x", **raw})
    return {name: value for name, value in arguments.items() if name in raw or value is not None}, notices


def refusal(**raw: Any) -> str:
    with pytest.raises(InvalidArguments) as caught:
        WRITE.parse({"body": "x", **raw})
    return str(caught.value)


@given(VALID)
def test_a_right_call_is_read_as_it_is(raw: dict[str, Any]) -> None:
    arguments, notices, given_as = WRITE.parse(raw)
    assert (notices, given_as) == ([], raw)
    assert {name: str(arguments[name]) for name in raw} == {name: str(value) for name, value in raw.items()}


@given(VALID)
def test_a_null_beside_it_changes_no_right_value(raw: dict[str, Any]) -> None:
    assert WRITE.parse({**raw, "parts": None}) == WRITE.parse(raw)


@given(st.dictionaries(st.sampled_from(WRITE.names), JSON, max_size=6))
def test_reading_twice_is_reading_once(raw: dict[str, Any]) -> None:
    try:
        arguments, _, once = WRITE.parse({"body": "x", **raw})
    except InvalidArguments:
        return
    again, notices, twice = WRITE.parse(once)
    assert (again, notices, twice) == (arguments, [], once)


@given(TEXT, TEXT, st.dictionaries(st.sampled_from(["count", "day", "codes", "flag", "orders"]), JSON, max_size=3))
def test_stored_text_is_never_changed(body: str, part: str, others: dict[str, Any]) -> None:
    try:
        arguments, _, _ = WRITE.parse({**others, "body": body, "parts": [{"body": part}]})
    except InvalidArguments:
        return
    assert (arguments["body"], arguments["parts"][0].body) == (body, part)


@pytest.mark.parametrize(
    "sent",
    [
        "AB-1,cd-2",
        "ab 1, CD-2",
        ["AB-1", "CD-2"],
        [{"code": "AB-1"}, "cd-2"],
        '["AB-1", "CD-2"]',
        '[{"code":"AB-1"},"CD-2"]',
    ],
)
def test_text_in_place_of_an_object_means_one_member(sent: Any) -> None:
    arguments, _ = understood(pieces=sent)
    assert [(one.code, one.count) for one in arguments["pieces"]] == [("AB-1", None), ("CD-2", None)]
    for one in ("ab-1", {"code": "AB-1"}, '{"code": "AB-1"}'):
        assert understood(pieces=one)[0]["pieces"] == [Piece(code="AB-1")]


def test_text_that_is_not_the_member_is_refused_by_its_rule() -> None:
    assert "pieces.0.code: must be a code such as AB-1" in refusal(pieces="the two mugs")
    assert "pieces.0.count: must be a whole number" in refusal(pieces=[{"code": "AB-1", "count": "2"}])
    assert "parts: must be a list" in refusal(parts="AB-1")


@given(st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False))
def test_money_and_stock_are_never_converted(amount: float) -> None:
    for sent in (str(amount), f" {amount}", float(amount)):
        assert "price: must be a whole number" in refusal(price=sent)
        assert "parts.0.pieces: must be a whole number" in refusal(parts=[{"pieces": sent}])


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_an_integer_round_trips_through_text_and_float(number: int) -> None:
    assert conversions.whole_number(str(number)) == number
    assert conversions.whole_number(float(number)) == number


@given(JSON)
def test_no_conversion_raises_or_makes_another_type(value: Any) -> None:
    for convert in (conversions.whole_number, conversions.number, conversions.flag, conversions.day,
                    conversions.digits, conversions.start_of_day):  # fmt: skip
        found = convert(value)
        assert convert(found) == found or isinstance(found, float)
    assert conversions.is_empty(value) in (True, False)


@pytest.mark.parametrize(
    "text", ["5abc", "3.5", "1e3", "007", "0x1F", "५", "--5", "+5", "", " ", "1 000", "1,000", "NaN"]
)
def test_text_that_is_no_certain_integer_stays_text(text: str) -> None:
    assert conversions.whole_number(text) == text


@pytest.mark.parametrize("sent", ["", " \t", None, [], {}])
def test_empty_means_left_out_except_where_it_is_a_value(sent: Any) -> None:
    assert understood(query=sent, count=sent, code=sent, day=sent, codes=sent)[0] == understood()[0] | {
        "count": 20, "query": None, "code": None, "day": None, "codes": None,
    }  # fmt: skip
    (part,) = understood(parts=[{"body": sent}])[0]["parts"] if isinstance(sent, str | None) else [Part()]
    assert part.body == sent if isinstance(sent, str) else part.body is None


@pytest.mark.parametrize(
    ("sent", "meant", "notices"),
    [
        ({"count": 1000}, {"count": 50}, ["count is at most 50, so 50 was used."]),
        ({"count": "0"}, {"count": 1}, ["count is at least 1, so 1 was used."]),
        ({"count": "5.00"}, {"count": 5}, []),
        ({"code": "ab\u00a01"}, {"code": "AB-1"}, ["Read code as AB-1."]),
        ({"colour": "Canceled"}, {"colour": "cancelled"}, []),
        ({"colour": "GREY BLUE"}, {"colour": "grey_blue"}, []),
        ({"code": "ab-1"}, {"code": "AB-1"}, []),
        ({"codes": "ab-1, CD-2"}, {"codes": ["AB-1", "CD-2"]}, []),
        ({"codes": '["ab-1"]'}, {"codes": ["AB-1"]}, []),
        ({"parts": '{"code": "ab-1"}'}, {"parts": [Part(code="AB-1")]}, []),
        ({"query": 5.0}, {"query": "5"}, []),
        ({"left": "acme/app"}, {"left": "acme", "right": "app"}, ["Read left as left acme, right app."]),
        ({"left": "a", "right": "a/app"}, {"left": "a", "right": "app"}, ["Read right as left a, right app."]),
        ({"Count": 3, "count": None}, {"count": 3}, ["Read Count as count."]),
        ({"parts": [{"Code": "AB-1"}]}, {"parts": [Part(code="AB-1")]}, ["Read Code as parts.0.code."]),
    ],
)  # fmt: skip
def test_what_is_certain_is_understood(sent: dict[str, Any], meant: dict[str, Any], notices: list[str]) -> None:
    arguments, said = understood(**sent)
    assert ({name: arguments[name] for name in meant}, said) == (meant, notices)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"left": "acme", "right": "other/app"}, "right: names another left than `left` does. Send one of them."),
        ({"colour": "canceld"}, "Did you mean `cancelled`?"),
        ({"count": "many"}, "count: must be a whole number from 1 to 50, for example 5."),
        ({"price": "5"}, "sent as a number and not as text"),
        ({"parts": [{"cod": 1}]}, "parts.0.cod: unknown member. Did you mean `code`? Allowed: body, pieces, code."),
        ({"parts": [{"code": "x"}]}, "parts.0.code: must be a code such as AB-1."),
        ({"Count": 3, "count": 4}, "Count: the same argument as `count`, which was sent as well."),
        ({"body": 5}, "body: must be text."),
        ({f"x{number}": 1 for number in range(100)}, "Arguments: at least 85 unknown names. Allowed: body, price,"),
        ({"parts": [{f"x{number}": 1 for number in range(100)}]}, "parts.0: at least 97 unknown names. Allowed: body"),
        ({"day": "2026-01-31T12:00:00Z"}, "day: must be a day without a time of day"),
        ({"count": -3}, "count: must be a whole number from 1 to 50"),  # may mean: no limit
        ({"count": "1.000"}, "count: must be a whole number"),  # a thousand in many countries
        ({"colour": "-red"}, "colour: must be one of"),  # all but red, or the other order
        ({"colour": "ca\u0146celled"}, "colour: must be one of"),
        ({"colour": "grey_\u017fblue"}, "colour: must be one of"),
        ({"code": "a\u017f-1"}, "code: must be a code"),  # its capital is an S
        ({"code": "\u00df-1"}, "code: must be a code"),
        ({"code": "AB-\uff11"}, "code: must be a code"),
        ({"labels": "['bug', 'wip']"}, "labels: must be a list"),
        ({"labels": "[bug, wip]"}, "labels: must be a list"),
        ({"labels": "null"}, "labels: must be a list"),
        ({"labels": "None"}, "labels: must be a list"),
        ({"labels": '"bug"'}, "labels: must be a list"),
    ],
)
def test_what_is_not_certain_is_refused_in_words(sent: dict[str, Any], words: str) -> None:
    assert words in refusal(**sent)


def test_a_pattern_without_words_is_refused_at_registration() -> None:
    async def look(name: Annotated[str, Field(pattern="^a$")]) -> None:
        """Look."""

    with pytest.raises(TypeError, match="needs words"):
        Arguments(look)
    with pytest.raises(ValueError, match="must be a valid value"):
        Identifier("a code such as AB-1", "AB-1", pattern="[0-9]+")


def test_free_identifiers_are_recorded_by_their_length() -> None:
    words = Identifier("words in one line such as parser", "parser", pattern=r"[^\n]{1,99}")
    assert (Identified(words).recorded, Identified(Name).recorded) == ("free", "closed")
