"""Concurrent callers: unique numbers, consistent tickets, no deadlocks."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.core.caller import acting_as
from servicekit.core.errors import Refused
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller
from tests.fixtures.calls import call, walk
from tests.fixtures.databases import owner_of
from ticketing_mcp.adapters.postgres.desk import PostgresDesk
from ticketing_mcp.adapters.postgres.ticket_writer import PostgresTicketWriter
from ticketing_mcp.models.batch_changes import TicketChange
from ticketing_mcp.tools.batch_updates import BatchUpdateTools
from ticketing_mcp.tools.comments import CommentTools
from ticketing_mcp.tools.intake import IntakeTools
from ticketing_mcp.tools.merging import MergeTools
from ticketing_mcp.tools.ticket_updates import TicketUpdateTools

from .scene import SCOPES, a_ticket

CALLERS = [caller(*SCOPES, subject=f"clerk-{number}") for number in range(16)]


class Heard:
    """Records announcements."""

    def __init__(self) -> None:
        self.uris: list[str] = []

    async def announce(self, tenant: str, uri: str) -> None:
        assert tenant == "acme"
        self.uris.append(uri)


async def at_once(writer: Database, *calls: Any) -> list[Any]:
    """Run the calls concurrently, each for its own caller in its own transaction."""

    async def one(number: int, work: Any) -> Any:
        with acting_as(CALLERS[number % len(CALLERS)]):
            try:
                async with writer.transaction():
                    return await work()
            except Refused as refused:
                return str(refused)

    return await asyncio.gather(*(one(number, work) for number, work in enumerate(calls)))


async def test_concurrent_tickets_get_consecutive_numbers(own: DatabaseUrls, writer: Database) -> None:
    heard = Heard()
    intake = IntakeTools(PostgresDesk(writer), PostgresTicketWriter(writer, heard))
    words = [f"neuwort{letter}{other}" for letter in "abcdef" for other in "xyz"]
    texts = [" ".join(words[start:] + words[:start]) for start in range(len(CALLERS))]
    made = await at_once(writer, *(lambda text=text: intake.create_ticket(**a_ticket(body=text)) for text in texts))
    numbers = sorted(int(one.ticket_id[2:]) for one in made)
    assert numbers == list(range(numbers[0], numbers[0] + len(CALLERS)))
    assert sorted(heard.uris) == sorted(f"ticket://{one.ticket_id}" for one in made)
    async with owner_of(own) as connection:
        found = await connection.fetch(
            "SELECT v.term, count(*) FROM ticketing.vocabulary AS v "
            "JOIN ticketing.ticket_terms AS t ON t.term_id = v.id WHERE v.term LIKE 'neuwort%' GROUP BY v.term"
        )
        assert {row[0]: row[1] for row in found} == dict.fromkeys(words, len(CALLERS))
        assert await connection.fetchval("SELECT count(*) FROM ticketing.users WHERE email = 'mona@example.com'") == 1


async def test_concurrent_reply_and_closing_are_serialised(clerk: Client, writer: Database) -> None:
    ticket = (await call(clerk, "create_ticket", **a_ticket()))["ticket_id"]
    changes = PostgresTicketWriter(writer, Heard())
    desk = PostgresDesk(writer)
    talk, change = CommentTools(desk, changes), TicketUpdateTools(desk, changes)
    outcomes = await at_once(
        writer,
        *[lambda: talk.add_public_reply(ticket_id=ticket, body="Soon.")] * 8,
        *[lambda: change.close_ticket(ticket_id=ticket, resolution="Done.")] * 8,
    )
    closed = [one for one in outcomes[8:] if not isinstance(one, str)]
    replied = [one for one in outcomes[:8] if not isinstance(one, str)]
    assert len(closed) == 1
    said = await walk(clerk, "list_comments", ticket_id=ticket)
    assert [one["sequence"] for one in reversed(said)] == list(range(len(replied) + 1))
    now = await call(clerk, "get_ticket", ticket_id=ticket)
    assert (now["status"], now["version"]) == ("closed", 1 + len(replied) + 1)
    events = await walk(clerk, "get_history", ticket_id=ticket)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["kind"] == "closed"


async def test_opposite_merges_do_not_deadlock(clerk: Client, writer: Database) -> None:
    one, two = [(await call(clerk, "create_ticket", **a_ticket(title=f"Leak {place}")))["ticket_id"] for place in "ab"]
    merges = MergeTools(PostgresDesk(writer), PostgresTicketWriter(writer, Heard()))
    outcomes = await at_once(
        writer,
        *[lambda: merges.merge_tickets(ticket_ids=[one], into_id=two)] * 8,
        *[lambda: merges.merge_tickets(ticket_ids=[two], into_id=one)] * 8,
    )
    assert sum(not isinstance(outcome, str) for outcome in outcomes) == 1
    states = [(await call(clerk, "get_ticket", ticket_id=ticket)) for ticket in (one, two)]
    assert sorted(state["status"] for state in states) == ["closed", "open"]
    assert sum("merged_into" in state for state in states) == 1


def explained(events: list[dict[str, Any]]) -> tuple[str, str | None, str | None]:
    """The status, target of a merge and resolution that a history leads to."""
    status, before, merged_into, resolution = "open", "open", None, None
    for event in events:
        kind, detail = event["kind"], event.get("detail")
        if kind == "unmerged":
            assert merged_into == detail
            status, merged_into = before, None
        elif kind == "merged":
            assert merged_into is None
            status, before, merged_into = "closed", status, detail
        elif kind in ("closed", "reopened", "status_changed"):
            assert merged_into is None
            assert kind == "status_changed" or (status == "closed") == (kind == "reopened")
            status = "closed" if kind == "closed" else detail
            resolution = event["resolution"] if kind == "closed" else None
    return status, merged_into, resolution


@pytest.mark.parametrize("seed", range(5))
async def test_histories_explain_every_outcome_of_concurrent_changes(
    clerk: Client, writer: Database, seed: int
) -> None:
    titles = [f"Leak {seed} {place}" for place in "abcde"]
    ids = [(await call(clerk, "create_ticket", **a_ticket(title=title)))["ticket_id"] for title in titles]
    changes, desk, draw = PostgresTicketWriter(writer, Heard()), PostgresDesk(writer), Random(seed)
    talk, change, merges = CommentTools(desk, changes), TicketUpdateTools(desk, changes), MergeTools(desk, changes)
    works: dict[str, Callable[[str, list[str]], Any]] = {
        "merge": lambda one, some: merges.merge_tickets(ticket_ids=some, into_id=one),
        "unmerge": lambda one, some: merges.unmerge_tickets(ticket_ids=[one, *some][: len(some)]),
        "reply": lambda one, _: talk.add_public_reply(ticket_id=one, body="Soon."),
        "note": lambda one, _: talk.add_internal_note(ticket_id=one, body="Wet."),
        "close": lambda one, some: change.close_ticket(ticket_id=one, resolution=f"Done by {len(some)}."),
        "reopen": lambda one, _: change.transition_ticket(ticket_id=one, status="open"),
    }
    done: Counter[str] = Counter()
    for _ in range(5):
        names = draw.choices(list(works), weights=(6, 6, 3, 1, 1, 2), k=25)
        drawn = [(name, draw.choice(ids), draw.sample(ids, draw.randint(1, 2))) for name in names]
        outcomes = await at_once(writer, *(lambda one=one: works[one[0]](one[1], one[2]) for one in drawn))
        done += Counter(one[0] for one, outcome in zip(drawn, outcomes, strict=True) if not isinstance(outcome, str))
        if {"merge", "unmerge", "reply"} <= set(done):
            break
    assert {"merge", "unmerge", "reply"} <= set(done)
    histories = {one: await walk(clerk, "get_history", ticket_id=one) for one in ids}
    states = {one: await call(clerk, "get_ticket", ticket_id=one) for one in ids}
    for one, state in states.items():
        assert explained(histories[one]) == (state["status"], state.get("merged_into"), state.get("resolution"))
        assert ("first_replied_at" in state) == any(event["kind"] == "reply_added" for event in histories[one])
    kinds = Counter(event["kind"] for events in histories.values() for event in events)
    assert (kinds["reply_added"], kinds["closed"]) == (done["reply"], done["close"])
    said = [len(await walk(clerk, "list_comments", ticket_id=one)) for one in ids]
    assert sum(said) == done["reply"] + done["note"] + len(ids), "each with its first message"
    pairs = {
        name: Counter((one, event["detail"]) for one in ids for event in histories[one] if event["kind"] == name)
        for name in ("merged", "merged_from", "unmerged", "unmerged_from")
    }
    for name in ("merged", "unmerged"):
        assert pairs[f"{name}_from"] == Counter({(into, one): count for (one, into), count in pairs[name].items()})
    for one in ids:  # no circle of merges
        for _ in ids:
            one = states[one].get("merged_into", one)
        assert "merged_into" not in states[one]


async def test_rolled_back_changes_are_not_announced(clerk: Client, writer: Database) -> None:
    ticket = (await call(clerk, "create_ticket", **a_ticket()))["ticket_id"]
    heard = Heard()
    talk = CommentTools(PostgresDesk(writer), PostgresTicketWriter(writer, heard))

    async def fails() -> None:
        await talk.add_internal_note(ticket_id=ticket, body="Never written.")
        raise Refused("Something else went wrong.")

    assert await at_once(writer, fails) == ["Something else went wrong."]
    assert heard.uris == []
    assert [one["sequence"] for one in await walk(clerk, "list_comments", ticket_id=ticket)] == [0]


async def test_batches_and_single_writes_lose_nothing_and_do_not_deadlock(clerk: Client, writer: Database) -> None:
    tickets = [
        (await call(clerk, "create_ticket", **a_ticket(title=f"Leak {place}", body=f"On floor {place}.")))["ticket_id"]
        for place in range(8)
    ]
    changes, desk = PostgresTicketWriter(writer, Heard()), PostgresDesk(writer)
    batches, single, talk = (
        BatchUpdateTools(desk, changes),
        TicketUpdateTools(desk, changes),
        CommentTools(desk, changes),
    )
    draws = Random(18)

    def batch(tag: str) -> Any:
        chosen = draws.sample(tickets, 6)
        return lambda: batches.update_tickets([TicketChange(ticket_id=one, add_tags=[tag]) for one in chosen])

    outcomes = await at_once(
        writer,
        *(batch(f"tag{place}") for place in range(8)),
        *(lambda one=one: talk.add_internal_note(ticket_id=one, body=f"Note on {one}.") for one in tickets),
        *(lambda one=one: single.update_ticket(ticket_id=one, priority="urgent") for one in tickets),
        lambda: single.link_tickets(ticket_id=tickets[7], other_id=tickets[0], kind="relates_to"),
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, str)]
    expected = {one: 4 if one in (tickets[0], tickets[7]) else 3 for one in tickets}  # created, note, priority, link
    for outcome in outcomes[:8]:
        for changed in outcome.tickets:
            expected[changed.ticket_id] += 1
    for one in tickets:
        now = await call(clerk, "get_ticket", ticket_id=one)
        assert (now["priority"], now["version"]) == ("urgent", expected[one])
        assert len(now["tags"]) == sum(one in {c.ticket_id for c in outcome.tickets} for outcome in outcomes[:8])
        events = await walk(clerk, "get_history", ticket_id=one)
        assert [event["sequence"] for event in events] == list(range(1, expected[one] + 1))


async def test_of_two_batches_with_one_ticket_the_later_sees_the_first(clerk: Client, writer: Database) -> None:
    tickets = [
        (await call(clerk, "create_ticket", **a_ticket(title=f"Leak {place}", body=f"On floor {place}.")))["ticket_id"]
        for place in range(4)
    ]
    batches = BatchUpdateTools(PostgresDesk(writer), PostgresTicketWriter(writer, Heard()))

    def closing(chosen: list[str]) -> Any:
        return lambda: batches.update_tickets(
            [TicketChange(ticket_id=one, status="closed", resolution="Done.") for one in chosen]
        )

    outcomes = await at_once(writer, closing(tickets[:3]), closing(tickets[:0:-1]))
    refused = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(refused) == 1
    assert "Nothing was changed, since 2 of 3 changes cannot be made." in refused[0]
    states = [(await call(clerk, "get_ticket", ticket_id=one))["status"] for one in tickets]
    assert sorted(states) == ["closed", "closed", "closed", "open"]
