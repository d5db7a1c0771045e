"""Verification of chains that retention shortened."""

from datetime import UTC, datetime

import pytest

from servicekit.audit.anchor_keys import AnchorKeys, VerifyKeys
from servicekit.audit.cuts import Cut, signed_cut
from servicekit.audit.hash_chain import MOST_PROBLEMS, verify
from servicekit.audit.trail import TrailEntry
from tests.servicekit.audit.chains import chain_of, stream

KEYS = AnchorKeys(["k" * 32])
AT = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)


def cut_after(entry: TrailEntry, keys: AnchorKeys | None = KEYS) -> Cut:
    return signed_cut(keys, entry.chain, entry.number, entry.own, AT)


async def test_chain_may_begin_after_a_signed_cut() -> None:
    entries = chain_of(5)
    verdict = await verify(stream(entries[2:]), [cut_after(entries[1])], KEYS)
    assert (verdict.problems, len(verdict.notes)) == ([], 1)
    assert "acme/0 #1 to #2: removed by retention on 2026-11-28" in verdict.notes[0]


async def test_cut_before_entries_that_still_exist_is_accepted() -> None:
    entries = chain_of(5)
    assert (await verify(stream(entries), [cut_after(entries[1])], KEYS)).problems == []


@pytest.mark.parametrize(
    ("cut", "keys", "problem"),
    [
        (None, KEYS, "#3: 2 entries are missing before it"),
        (cut_after(chain_of(5)[0]), KEYS, "#3: 2 entries are missing before it"),
        (cut_after(chain_of(5, "globex/0")[1]), KEYS, "#3: 2 entries are missing before it"),
        (cut_after(chain_of(5)[1])._replace(own=b"\1" * 32), None, "#3: its previous hash does not match"),
        (cut_after(chain_of(5)[1], None), KEYS, "no known key signed this cut"),
        (cut_after(chain_of(5)[1], AnchorKeys(["f" * 32])), KEYS, "no known key signed this cut"),
    ],
)
async def test_other_beginnings_are_problems(cut: Cut | None, keys: VerifyKeys | None, problem: str) -> None:
    verdict = await verify(stream(chain_of(5)[2:]), [cut] if cut is not None else [], keys)
    assert len(verdict.problems) == 1
    assert problem in verdict.problems[0]


async def test_unchecked_signature_of_a_cut_is_noted() -> None:
    entries = chain_of(5)
    verdict = await verify(stream(entries[2:]), [cut_after(entries[1], None)])
    assert verdict.problems == []
    assert "was not checked" in verdict.notes[0]


async def test_repeated_entry_is_out_of_order() -> None:
    entries = chain_of(3)
    verdict = await verify(stream([*entries, entries[1]]))
    assert verdict.problems == ["acme/0 #2: is out of order, after #3"]


async def test_problems_of_a_broken_trail_are_bounded() -> None:
    entries = [entry._replace(text="other") for entry in chain_of(MOST_PROBLEMS + 5)]
    verdict = await verify(stream(entries))
    assert (len(verdict.problems), verdict.more) == (MOST_PROBLEMS, 5)
