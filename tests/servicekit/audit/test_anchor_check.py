"""What anchors show that the chains alone do not: entries cut off the end, deleted and rewritten chains."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.anchor_log import anchors_in_lines
from servicekit.audit.cuts import Cut, signed_cut
from servicekit.audit.hash_chain import verify
from servicekit.audit.heads import Head
from servicekit.telemetry.logs import ConsoleFormatter, JsonFormatter
from tests.servicekit.audit.chains import chain_of, renumbered, stream

from .anchored_trail import ACME, GLOBEX, KEYS, PARTS, Entries, anchored, check_of, problems, series


@pytest.mark.parametrize(
    ("attack", "problem"),
    [
        (lambda: ACME[:15] + GLOBEX, "acme/0 #16 to #20: missing at the end of the chain; #20 was anchored at"),
        (lambda: ACME + GLOBEX[:6], "globex/0 #7 to #7: missing at the end"),
        (lambda: ACME, "globex/0: the whole chain is missing; #7 was anchored at"),
        (list, "acme/0: the whole chain is missing; #20 was"),
        (lambda: ACME + chain_of(7, "globex/0", "new"), "globex/0 #3: differs from the hash that was anchored"),
        (lambda: ACME + chain_of(2, "globex/0", "new"), "globex/0 #3 to #7: missing at the end"),
        (lambda: ACME[:10] + ACME[11:] + GLOBEX, "acme/0 #12: 1 entries are missing before it"),
        (lambda: renumbered(ACME[:10] + ACME[11:]) + GLOBEX, "the chain was rewritten from between #9 and #16 on"),
        (lambda: renumbered(ACME[:10] + ACME[11:]) + GLOBEX, "acme/0 #20 to #20: missing at the end of the chain"),
        (lambda: renumbered([*ACME[:3], ACME[4], ACME[3], *ACME[5:]]) + GLOBEX, "rewritten from between #1 and #8 on"),
    ],
)
async def test_attack_on_the_trail_is_named(attack: Callable[[], Entries], problem: str) -> None:
    found = await problems(check_of(anchored(*PARTS)), attack())
    assert any(problem in line for line in found), found


async def test_whole_trail_with_newer_entries_has_no_problem() -> None:
    check = check_of(anchored(*PARTS))
    trail = chain_of(25, "acme/0") + chain_of(9, "globex/0") + chain_of(2, "initech/0")
    assert await problems(check, trail) == []
    assert (check.found.warnings, check.found.notes) == ([], [])


@given(st.integers(1, 20), st.integers(1, 20), st.data())
async def test_every_loss_before_the_last_anchor_is_named(anchor_at: int, kept: int, data: st.DataObject) -> None:
    trail = chain_of(20)
    cut = data.draw(st.integers(0, kept)) if kept < 20 else 20
    check = check_of(anchored(trail[:anchor_at]))
    found = await problems(check, trail[:cut])
    assert bool(found) == (cut < anchor_at)


async def test_entries_that_retention_removed_are_not_missed() -> None:
    check = check_of(anchored(*PARTS))
    cuts = [
        signed_cut(KEYS, "acme/0", 10, ACME[9].own, datetime.now(UTC)),
        signed_cut(KEYS, "globex/0", 7, GLOBEX[6].own, datetime.now(UTC)),
    ]
    verdict = await verify(check.checked(stream(ACME[10:]), cuts), cuts, KEYS)
    assert [*verdict.problems, *check.found.problems] == []


@pytest.mark.parametrize("signature", [b"", bytes(64)], ids=["none", "zeros"])
async def test_a_forged_cut_excuses_no_deleted_chain(signature: bytes) -> None:
    cuts = [Cut("globex/0", 7, GLOBEX[6].own, datetime.now(UTC), signature)]
    check = check_of(anchored(*PARTS))
    verdict = await verify(check.checked(stream(ACME), cuts), cuts, KEYS)
    assert verdict.problems == []
    assert "globex/0: the whole chain is missing" in str(check.found.problems)


async def test_only_named_chains_are_checked() -> None:
    check = check_of(anchored(*PARTS), chains=("acme/",))
    assert await problems(check, ACME) == []


def test_gap_in_the_anchors_of_a_process_is_named() -> None:
    texts = anchored(*PARTS)
    assert "anchors #2 to #2 of process one on orders-0 are missing" in check_of([texts[0], texts[2]]).found.problems
    other = anchored(*PARTS, writer=series("two"))
    assert len(check_of([*texts, other[0], other[2]]).found.problems) == 1


def test_older_logs_that_are_not_given_are_noted() -> None:
    check = check_of(anchored(*PARTS)[1:])
    assert check.found.problems == []
    assert check.found.notes == ["anchors #1 to #1 of process one on orders-0 are not in the given files"]


def test_repeated_lines_and_other_services_are_no_problem() -> None:
    texts = anchored(*PARTS)
    other = anchored(*PARTS, writer=series("two", AnchorKeys(["o" * 32]), "ticketing"))
    assert check_of([*texts, *texts, *other]).found.problems == []


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"acme/0":[20,', '"acme/0":[15,'),
        lambda text: text.replace('"sequence":3', '"sequence":4'),
        lambda text: text.replace('"final":true', '"final":false'),
        lambda text: text.replace('"signature":"', '"signature":"A'),
        lambda text: text.replace('"signature":"', '"signature":"!'),
        lambda text: text.replace('"heads"', '"tails"'),
        lambda text: text[:200],
        lambda _: anchored(ACME, writer=series("two", AnchorKeys(["forged" * 6])))[0],
    ],
)
def test_forged_or_damaged_anchor_is_named_with_its_place(change: Callable[[str], str]) -> None:
    texts = anchored(*PARTS)
    changed = change(texts[2])
    assert changed != texts[2]
    found = check_of([*texts[:2], changed]).found.problems
    assert [line for line in found if line.startswith("anchor at log:3 is ")], found


def test_two_anchors_with_one_number_are_named() -> None:
    texts = anchored(*PARTS) + anchored(ACME[:1])
    assert any("exists twice with different content" in line for line in check_of(texts).found.problems)


def test_anchor_that_does_not_follow_is_named() -> None:
    found = check_of([anchored(ACME[:1], ACME)[0], anchored(ACME[:5], ACME[5:])[1]]).found.problems
    assert any("#2 of process one on orders-0 does not follow" in line for line in found), found


def test_summary_says_how_new_the_anchors_are() -> None:
    texts = anchored(*PARTS)
    at = json.loads(texts[-1])["at"]
    expected = f"Compared with 3 anchors, the newest of {at[:10]} {at[11:19]} UTC."
    assert check_of([*texts, *texts]).summary == expected
    assert check_of([]).summary is None


def test_services_may_share_keys_and_a_log() -> None:
    texts = anchored(ACME, writer=series("two", service="ticketing"))
    assert check_of(texts).found.problems == ["no anchor of orders is in the given files"]
    damaged = texts[0].replace('"sequence":1', '"sequence":2')
    assert len(check_of([damaged, *anchored(*PARTS)]).found.problems) == 0
    nameless = damaged.replace('"service":"ticketing",', "")
    assert check_of([nameless, *anchored(*PARTS)]).found.problems == ["anchor at log:1 is damaged"]


async def test_part_of_a_trail_may_end_before_its_anchors() -> None:
    check = check_of(anchored(*PARTS))
    rewritten = chain_of(7, "globex/0", "new")
    passed = [entry async for entry in check.compared(stream(ACME[4:12] + rewritten))]
    assert passed == ACME[4:12] + rewritten
    assert len(check.found.problems) == 1
    assert check.found.problems[0].startswith("globex/0 #3: differs from the hash that was anchored at 20")


async def test_highest_cut_of_a_chain_counts() -> None:
    for numbers, missing in (((20, 10), 0), ((10, 20), 0), ((10, 19), 1)):
        cuts = [signed_cut(KEYS, "acme/0", number, ACME[number - 1].own, datetime.now(UTC)) for number in numbers]
        check = check_of(anchored(*PARTS), chains=("acme/",))
        verdict = await verify(check.checked(stream([]), cuts), cuts, KEYS)
        assert (verdict.entries, len(check.found.problems)) == (0, missing)


def test_logs_without_anchors_are_a_problem() -> None:
    assert check_of([]).found.problems == ["no anchor of orders is in the given files"]


def _docker(line: str) -> str:
    return json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2026-11-28T13:00:00Z"})


def _collector(line: str) -> str:
    records = [{"body": {"stringValue": f"audit anchor {line}"}}, {"body": {"stringValue": 'other "text" \\ {'}}]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records * 2}]}]})


def _record(text: str) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": "audit anchor", "levelno": 20, "levelname": "INFO", "anchor": text})


@pytest.mark.parametrize(
    "line_of",
    [
        lambda text: text,
        lambda text: JsonFormatter("orders").format(_record(text)),
        lambda text: ConsoleFormatter().format(_record(text)),
        lambda text: f"2026-11-28T13:00:00Z stderr F {JsonFormatter('orders').format(_record(text))}",
        lambda text: _docker(JsonFormatter("orders").format(_record(text))),
        lambda text: _docker(_docker(JsonFormatter("orders").format(_record(text)))),
        lambda text: _docker(ConsoleFormatter().format(_record(text))),
        _collector,
        lambda text: _docker(_collector(text)),
    ],
)
def test_anchors_are_found_in_logs_of_every_format(line_of: Callable[[str], str]) -> None:
    odd = chain_of(3, 'té"n\\ant\n€/0')
    texts = anchored(odd[:1], odd[1:])
    lines = [line for text in texts for line in ('{"event": "call"}', line_of(text), "not an { anchor")]
    found = list(anchors_in_lines(lines, "log"))
    assert {text for text, _ in found} == set(texts)
    assert found[0][1] == "log:2"
    check = check_of([text for text, _ in found])
    assert check.found.problems == []


def test_many_chains_are_split_into_short_lines() -> None:
    heads = {f"{'t' * 120}{number}/0": Head(number, bytes([number % 256]) * 32) for number in range(1, 1001)}
    texts = list(series().texts(heads, final=True))
    assert all(len(json.dumps(text)) < 16_000 for text in texts)
    assert [json.loads(text)["final"] for text in texts] == [False] * (len(texts) - 1) + [True]
    assert {chain for text in texts for chain in json.loads(text)["heads"]} == set(heads)
    assert check_of(texts).found.problems == []
