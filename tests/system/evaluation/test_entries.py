"""The evaluation set names tools that exist, with arguments that they accept, and is split as it says."""

from collections import Counter
from typing import Any

import pytest

from devkit.scaffold.evaluation import HARD_SHARE, UNSEEN_SHARE, part_of
from servicekit.registry.tools import ToolSpec

from .documents import every_server
from .entries import KINDS, PARTS, Entry, read_entries

ENTRIES = read_entries()
NOT_IN_THE_WORDS: dict[str, Any] = {
    "body": "As agreed.",
    "expected_head": "0" * 40,
    "files": [{"path": "src/tax.py", "content": "RATE = 19\n"}],
    "head_sha": "0" * 40,
    "hours_needed": 3,
    "idempotency_key": "one-request-one-key",
    "limit": 20,
    "message": "Correct the tax rate",
    "notes": "Speaks Danish.",
    "per_page": 30,
    "reason": "The customer wants it.",
    "resolution": "A new cable is on its way.",
    "title": "The device is broken",
    "type": "all",
    "units": "celsius",
}
"""Required arguments that a model finds elsewhere: earlier results, its own words, or a choice."""


@pytest.fixture(scope="module")
def tools() -> dict[str, dict[str, ToolSpec]]:
    return {name: dict(service.registry.tools) for name, service in every_server().items()}


def test_every_tool_has_a_request(tools: dict[str, dict[str, ToolSpec]]) -> None:
    wanted = {(entry.server, tool) for entry in ENTRIES for tool in entry.tools}
    offered = {(server, tool) for server, named in tools.items() for tool in named}
    assert wanted - offered == set(), "These tools do not exist."
    assert offered - wanted == set(), "Add requests for these tools to seen.jsonl or unseen.jsonl."


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.tools[0]}-{entry.request[:40]}")
def test_the_tool_accepts_the_arguments(entry: Entry, tools: dict[str, dict[str, ToolSpec]]) -> None:
    arguments = tools[entry.server][entry.tools[0]].arguments
    missing = {
        name: NOT_IN_THE_WORDS[name] for name in arguments.schema.get("required", []) if name not in entry.arguments
    }
    arguments.parse(missing | entry.arguments)


def test_each_request_stands_once_in_its_part() -> None:
    misplaced = [entry.request for entry in ENTRIES if entry.part != part_of(entry.request)]
    assert misplaced == [], "Move these to the other file."
    assert [request for request, times in Counter(entry.request for entry in ENTRIES).items() if times > 1] == []


def test_hard_requests_have_a_hard_kind() -> None:
    assert {entry.kind for entry in ENTRIES} == set(KINDS)
    assert [entry.request for entry in ENTRIES if entry.hard == (entry.kind == "plain")] == []


def test_a_third_is_hard_and_a_third_unseen() -> None:
    for server in {entry.server for entry in ENTRIES}:
        own = [entry for entry in ENTRIES if entry.server == server]
        assert HARD_SHARE[0] <= sum(entry.hard for entry in own) / len(own) <= HARD_SHARE[1], server
        for hard in (False, True):
            some = [entry.part for entry in own if entry.hard == hard]
            assert UNSEEN_SHARE[0] <= some.count("unseen") / len(some) <= UNSEEN_SHARE[1], (server, hard)
    assert {entry.part for entry in ENTRIES} == set(PARTS)
