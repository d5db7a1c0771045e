"""The oracle finds what it looks for, and the generators make what they should."""

import json
import random
from typing import Any

import pytest

from tests.system.load.wire import Answer

from . import hostile_values
from .arguments import drawn, from_schema
from .fleet import STATE_KEY
from .mutations import encoded, spoiled, spoiled_bytes
from .oracle import outcome, problems
from .report import Report

JSON = {"content-type": "application/json"}


def answer(message: Any, status: int = 200) -> Answer:
    return Answer(status, JSON, json.dumps(message, separators=(",", ":")).encode())


def failed(text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": text}], "isError": True}}


@pytest.mark.parametrize(
    "text",
    [
        "The server failed on this call. Report the id abc to its operators.",
        "",
        "5",
        'Traceback (most recent call last): File "x.py", line 5',
        "No such row: SELECT id FROM orders.orders WHERE id = 5",
        "could not connect to postgresql://writer@127.0.0.1/orders",
        "see https://ann:secret@example.org/ for the reason",
        "failed: KeyError in the tool",
        pytest.param(f"the key {STATE_KEY} is wrong", id="a state key"),
        "<class 'int'> was not expected here",
    ],
)
def test_words_that_no_caller_may_read_are_found(text: str) -> None:
    assert problems(answer(failed(text)), "")


def test_clear_refusals_pass() -> None:
    assert not problems(answer(failed("There is no order 5. search_orders finds orders.")), "")
    fenced = failed('Read it: <user_content source="user">KeyError: SELECT a FROM b</user_content> says the file.')
    assert not problems(answer(fenced), "")
    assert not problems(answer(failed("There is no order `KeyError` (order_id).")), "order KeyError")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "Internal server error"}}, 200),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": ""}}, 400),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, 500),
        ([1], 200),
        ({"detail": "Not Found"}, 200),
    ],
)
def test_broken_answers_are_found(message: Any, status: int) -> None:
    assert problems(answer(message, status), "")


def test_outcomes_differ() -> None:
    assert outcome(answer(failed("No such order."))) == "refused"
    assert outcome(answer({"jsonrpc": "2.0", "id": 1, "result": {}})) == "done"
    assert outcome(answer({"jsonrpc": "2.0", "id": 1, "error": {}}, 400)) == "400"


def test_arguments_follow_their_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "state": {"enum": ["open", "closed"]},
            "limit": {"type": "integer", "minimum": 1, "maximum": 5},
            "words": {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2},
        },
        "required": ["state"],
        "additionalProperties": False,
    }
    values = drawn(from_schema(schema), 50, 1)
    assert values == drawn(from_schema(schema), 50, 1)
    for value in values:
        assert {"state"} <= set(value) <= {"state", "limit", "words"}
        assert value["state"] in ("open", "closed")
        assert 1 <= value.get("limit", 1) <= 5
        assert all(len(word) <= 3 for word in value.get("words", []))


def test_changes_repeat_with_their_seed() -> None:
    def changed(seed: int) -> list[bytes]:
        chance = random.Random(seed)
        values = [spoiled(chance, {"a": "x", "b": [1, {"c": True}]}) for _ in range(200)]
        bodies = [encoded(value, in_ascii=False) for value in values]
        return bodies + [spoiled_bytes(chance, body) for body in bodies]

    assert changed(1) == changed(1) != changed(2)
    chance = random.Random(3)
    assert max(len(hostile_values.text(chance)) for _ in range(2000)) == 100_000


def test_a_suite_with_a_failure_fails() -> None:
    report = Report()

    def run() -> None:
        with report.suite("made-up") as suite:
            suite.check(True, "all is well")
            suite.check(False, "one is wrong", "the input")

    with pytest.raises(AssertionError, match=r"made-up: 1 failures.*\n.*one is wrong\n.*the input"):
        run()
    assert [line.split()[:3] for line in report.table()[2:]] == [["made-up", "2", "1"], ["all", "2", "1"]]
