"""What models send: every argument of every operation, in the spellings of models, generated from its type.

Arguments are validated before anything else happens, so no server has to run.
"""

import json
import re
import time
from itertools import product
from typing import Any, get_args

import pytest

from github_mcp.tools.issue_changes import Clearable
from servicekit.registry.operation import Operation
from servicekit.schema.arguments import InvalidArguments
from servicekit.schema.kinds import Choice, Day, Flag, Identified, Number, Reading, Text
from servicekit.schema.list_kinds import Items
from servicekit.schema.members import Members

from .argument_cases import CASES, OPERATIONS, Case, cases, parse, sample

MARKER = "zz-Planted zz"
MONEY_AND_STOCK = re.compile(r"amount|minor|total|price|change|quantity|pieces|discount|accepted|damaged")
REGULAR_EXPRESSION = re.compile(r"\^\(|\[0-9|\[a-z|\[A-Z|\\\\d|\(\?|\{\d+,\d*\}|\$$")
EMPTY: tuple[Any, ...] = (None, "", "  ", [], {})
NAMES_PIECES = ("quote_refund", "issue_refund", "create_shipment", "request_return", "update_return")
IS_NOT_ALL = frozenset({"amount_minor", "quantity", "accepted", "lines"})
"""Arguments of refunds, parcels and returns. Left out, they mean everything; no empty value does."""
KEPT: dict[str, type] = {"lines": list, "content": str, "suggestion": str}
"""Arguments that can be empty, and the form of that. Empty values of other forms are refused."""

# Their other case, or their compatibility form, is the plain one.
LOOK_ALIKES = "\u212a\u017f\u0131\u0130\uff41\uff10\u0661\ufb01"
STORED_TEXT = "Line one\r\n  TWO, \t#12 <b>x</b> 2026-11-01T00:00:00Z  paid 5"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_generated_call_is_right(operation: Operation) -> None:
    parse(operation, sample(operation.arguments.kinds))


@pytest.mark.parametrize("case", [pytest.param(case, id=str(case)) for case in CASES if case.optional])
def test_null_or_empty_means_left_out(case: Case) -> None:
    expected = parse(case.operation, sample(case.operation.arguments.kinds))[0] if len(case.path) == 1 else None
    for empty in EMPTY:
        means_all = case.operation.name in NAMES_PIECES and case.name in IS_NOT_ALL
        if empty is not None and (means_all or case.name in ("content", "suggestion")):
            if not isinstance(empty, KEPT.get(case.name, ())):
                with pytest.raises(InvalidArguments):
                    case.parse(empty)
            continue
        if case.operation.name == "update_issue" and case.name in get_args(Clearable) and empty is not None:
            continue  # it clears the field where it is the whole change
        arguments, notices = case.parse(empty)
        assert (arguments == expected or len(case.path) > 1, notices) == (True, []), empty


@pytest.mark.parametrize("name", ["quote_refund", "issue_refund"])
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_amount_is_not_the_whole_refund(name: str, empty: str) -> None:
    operation = next(one for one in OPERATIONS if one.name == name)
    with pytest.raises(InvalidArguments, match="amount_minor: must be a whole number"):
        parse(operation, {**sample(operation.arguments.kinds), "amount_minor": empty})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_all_optional_arguments_may_be_null_at_once(operation: Operation) -> None:
    members = operation.arguments.kinds.members
    whole = sample(operation.arguments.kinds)
    nulls = {name: None for name, member in members.items() if member.optional}
    assert parse(operation, {**nulls, **whole}) == parse(operation, whole)


@pytest.mark.parametrize("case", cases(Number))
def test_numbers_are_taken_from_text_except_money_and_stock(case: Case) -> None:
    assert isinstance(case.kind, Number)
    right = sample(case.kind)
    assert case.kind.exact == bool(MONEY_AND_STOCK.search(case.name)), "annotate money and stock with Exact()"
    if case.kind.exact:
        assert "sent as a number" in case.refusal(str(right))
        if case.kind.whole:
            assert "whole number" in case.refusal(float(right))
        return
    for spelled in (str(right), f" {right} ", float(right)):
        assert case.parse(spelled) == case.parse(right), spelled
    for wrong in (f"{right}abc", True, {"a": 1}, [right, right]):
        assert case.name in case.refusal(wrong)


@pytest.mark.parametrize("case", [pytest.param(case, id=str(case)) for case in CASES if case.name == "limit"])
def test_a_limit_beyond_its_bounds_is_lowered_with_a_notice(case: Case) -> None:
    assert isinstance(case.kind, Number)
    assert case.kind.lowered, "annotate it with Clamped()"
    arguments, notices = case.parse(1_000_000)
    assert arguments["limit"] == case.kind.bounds.most
    assert notices == [f"limit is at most {case.kind.bounds.most}, so {case.kind.bounds.most} was used."]
    assert case.parse(0)[0]["limit"] == 1
    assert "limit: must be a whole number" in case.refusal(-1)  # may mean: no limit


@pytest.mark.parametrize("case", cases(Flag))
def test_booleans_are_taken_from_text(case: Case) -> None:
    for spelled in ("true", "True", " TRUE "):
        assert case.parse(spelled) == case.parse(True)
    assert case.parse("false") == case.parse(False)
    for wrong in (1, 0, "yes", MARKER):
        assert "must be true or false" in case.refusal(wrong)


@pytest.mark.parametrize("case", cases(Choice))
def test_words_are_taken_in_other_case_and_spelling(case: Case) -> None:
    assert isinstance(case.kind, Choice)
    for member in case.kind.members:
        for spelled in (
            member.upper(), member.title(), f" {member} ", member.replace("_", "-"), member.replace("_", " "),
            member.replace("-", "_"), re.sub(r"[-_]", "", member), member.replace("lled", "led"),
        ):  # fmt: skip
            assert case.parse(spelled) == case.parse(member), spelled
    longest = max(case.kind.members, key=len)
    text = case.refusal(f"{longest}x")
    assert f"Did you mean `{longest}`" in text or " or `" in text
    assert all(member in text for member in case.kind.members)


@pytest.mark.parametrize("case", cases(Identified))
def test_a_wrong_identifier_is_refused_in_words(case: Case) -> None:
    assert isinstance(case.kind, Identified)
    identifier = case.kind.identifier
    right = sample(case.kind)
    if case.kind.number or not identifier.matches(f"  {right} "):
        assert case.parse(f"  {right} ") == case.parse(right)
    wrong = "\x07" if identifier.read(MARKER) else MARKER
    for value in (wrong, {"x": 1}, True):
        text = case.refusal(value)
        assert f"{case.name}: must " in text
        assert MARKER not in text
        assert REGULAR_EXPRESSION.search(text) is None, text
    assert identifier.example in case.refusal({"x": 1})
    tools = {operation.name for operation in OPERATIONS}
    assert identifier.found_by is None or identifier.found_by in tools


@pytest.mark.parametrize("case", cases(Identified))
def test_a_letter_that_looks_alike_is_never_another(case: Case) -> None:
    assert isinstance(case.kind, Identified)
    right = str(sample(case.kind))
    for place, alike in product(range(len(right)), LOOK_ALIKES):
        spelled = right[:place] + alike + right[place + 1 :]
        if not case.kind.identifier.matches(spelled):
            assert case.name in case.refusal(spelled), spelled


@pytest.mark.parametrize("case", cases(Day))
def test_a_day_is_taken_at_midnight_and_not_at_another_time(case: Case) -> None:
    for spelled in (
        "2026-11-01T00:00:00Z", "2026-11-01T00:00:00+00:00", "2026-11-01 00:00:00", "2026-11-01T00:00:00.000Z",
        "2026/11/01", "20261101", "2026-11-1", " 2026-11-01 ",
    ):  # fmt: skip
        assert case.parse(spelled) == case.parse("2026-11-01"), spelled
    for timed in ("2026-11-01T10:30:00Z", "2026-11-01 09:00", "2026-11-01T00:00:00+02:00"):
        assert "without a time of day" in case.refusal(timed)
    for unclear in ("01.11.2026", "11/01/2026", "1/11/26", "next Monday", "2026-02-30"):
        assert "2026-11-01" in case.refusal(unclear)


@pytest.mark.parametrize("case", cases(Items, Members))
def test_lists_and_objects_are_taken_from_json_text(case: Case) -> None:
    whole = sample(case.kind)
    assert case.parse(json.dumps(whole)) == case.parse(whole)
    if isinstance(case.kind, Items) and "Locations" not in str(case.kind) and case.name != "locations":
        assert case.parse(json.dumps(whole[0]) if isinstance(whole[0], dict) else whole[0]) == case.parse(whole[:1])


@pytest.mark.parametrize("case", cases(Items))
def test_the_length_of_every_list_is_bounded(case: Case) -> None:
    started = time.process_time()
    assert "at most" in case.refusal([MARKER] * 50_000)
    assert "at most" in case.refusal(sample(case.kind) * 25_000)
    assert time.process_time() - started < 10  # without a bound, each item would be a problem of its own


@pytest.mark.parametrize("case", cases(Text))
def test_free_text_is_never_changed_or_made_from_a_number(case: Case) -> None:
    assert isinstance(case.kind, Text)
    given = case.operation.arguments.kinds.read(case.call(STORED_TEXT), "", Reading())
    for part in case.path:
        given = given[part]
    assert given == STORED_TEXT
    if not case.kind.searched:
        assert "must be text" in case.refusal(12)
    assert "must be text" in case.refusal({"x": 1})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_names_in_other_spelling_are_taken_and_near_ones_suggested(operation: Operation) -> None:
    names = operation.arguments.names
    whole = sample(operation.arguments.kinds)
    for name in whole:
        value = whole[name]
        rest = {other: value for other, value in whole.items() if other != name}
        camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
        for spelled in {camel, name.replace("_", "-"), name.upper()} - {name}:
            arguments, notices = parse(operation, {**rest, spelled: value})
            assert arguments == parse(operation, whole)[0]
            assert notices == [f"Read {spelled} as {name}."]
        with pytest.raises(InvalidArguments) as caught:
            parse(operation, {**rest, f"{name}x": value})
        assert f"{name}x: unknown argument. Did you mean `{name}`? Allowed: {names[0]}" in str(caught.value)
    with pytest.raises(InvalidArguments) as caught:
        parse(operation, {**whole, "surprise": MARKER})
    assert "surprise: unknown argument" in str(caught.value)
    assert MARKER not in str(caught.value)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_regular_expression_is_advertised(operation: Operation) -> None:
    advertised = json.dumps(operation.arguments.schema)
    assert '"pattern"' not in advertised
    assert REGULAR_EXPRESSION.search(advertised) is None
