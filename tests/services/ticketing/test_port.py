"""The rules of the ports, on both adapters: what tools may rely on, whatever keeps the tickets."""

from dataclasses import replace
from typing import Any

import pytest

from servicekit.schema.pagination import Position
from ticketing_mcp.models.ticket_updates import (
    assignment,
    closing,
    linking,
    merging,
    note,
    reply,
    transition,
    update,
)
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.sample_data.desk_setup import MACROS, POLICIES, QUEUES, STAFF, members_of

from .port import ANN, BILLING, EVE, Both, applied, found, ids, made, new


async def test_a_new_ticket_is_open_and_nobodys(both: Both) -> None:
    (ticket,) = await made(both, new(requester_email="Mona@Example.com"))
    assert (ticket.id, ticket.status, ticket.assignee_id, ticket.version) == ("T-1", "open", None, 1)
    assert (ticket.requester_email, ticket.comment_count, ticket.holds, ticket.links) == ("mona@example.com", 0, [], [])
    assert await both(lambda: both.desk.get(1)) == ticket
    (event,) = await both(lambda: both.desk.history(1, 10, 0))
    assert (event.sequence, event.kind, event.actor_id, event.at) == (1, "created", "ann", ticket.created_at)
    assert await both(lambda: both.desk.comments(1, 10, 0)) == []


async def test_numbers_are_given_one_after_the_other_in_each_tenant(both: Both) -> None:
    assert [ticket.id for ticket in await made(both, new(), new(), new())] == ["T-1", "T-2", "T-3"]
    assert [ticket.id for ticket in await made(both, new(), who=EVE)] == ["T-1"]
    assert await both(lambda: both.desk.numbers(None, 2)) == [3, 2]
    assert await both(lambda: both.desk.numbers(2, 20)) == [2]
    assert await both(lambda: both.desk.numbers(7, 20)) == []


async def test_the_same_address_is_the_same_requester(both: Both) -> None:
    one, two = await made(both, new(), new(requester_email="MONA@example.com", requester_name="Somebody Else"))
    assert one.requester_id == two.requester_id
    assert two.requester_name == "Mona Ruiz"


async def test_every_change_is_written_with_its_events(both: Both) -> None:
    (ticket,) = await made(both, new())
    ticket = await applied(both, ticket, lambda one: update(one, "Printer smells", "high", "operations"))
    assert (ticket.title, ticket.priority, ticket.queue_id, ticket.version) == (
        "Printer smells",
        "high",
        "operations",
        2,
    )
    ticket = await applied(both, ticket, lambda one: assignment(one, "grace.kim"))
    ticket = await applied(both, ticket, lambda one: note(one, "Known."))
    assert (ticket.first_replied_at, ticket.comment_count) == (None, 1)
    ticket = await applied(both, ticket, lambda one: reply(one, "We know."))
    assert (ticket.status, ticket.first_replied_at, ticket.comment_count) == ("pending", ticket.updated_at, 2)
    first_reply = ticket.first_replied_at
    ticket = await applied(both, ticket, lambda one: reply(one, "Still."))
    assert ticket.first_replied_at == first_reply
    ticket = await applied(both, ticket, lambda one: closing(one, "Solved."))
    assert (ticket.status, ticket.resolution, ticket.closed_at) == ("closed", "Solved.", ticket.updated_at)
    ticket = await applied(both, ticket, lambda one: transition(one, "open"))
    assert (ticket.status, ticket.resolution, ticket.closed_at, ticket.version) == ("open", None, None, 8)
    history = await both(lambda: both.desk.history(1, 50, 0))
    assert [event.sequence for event in history] == list(range(1, len(history) + 1))
    assert [(event.kind, event.detail) for event in history] == [
        ("created", None),
        ("title_changed", None),
        ("priority_changed", "high"),
        ("queue_changed", "operations"),
        ("assigned", "grace.kim"),
        ("note_added", None),
        ("reply_added", None),
        ("status_changed", "pending"),
        ("reply_added", None),
        ("closed", None),
        ("reopened", "open"),
    ]
    assert await both(lambda: both.desk.history(1, 2, 9)) == history[9:11]
    said = await both(lambda: both.desk.comments(1, 50, 0))
    assert [(one.sequence, one.kind, one.body) for one in said] == [
        (1, "internal_note", "Known."), (2, "public_reply", "We know."), (3, "public_reply", "Still."),
    ]  # fmt: skip
    assert await both(lambda: both.desk.comments(1, 1, 1)) == said[1:2]


async def test_time_on_hold_and_time_closed_are_remembered(both: Both) -> None:
    (ticket,) = await made(both, new())
    ticket = await applied(both, ticket, lambda one: transition(one, "on-hold"))
    assert [(hold.started_at, hold.ended_at) for hold in ticket.holds] == [(ticket.updated_at, None)]
    ticket = await applied(both, ticket, lambda one: closing(one, "Gone."))
    assert ticket.holds[0].ended_at == ticket.closed_at
    closed_at = ticket.closed_at
    ticket = await applied(both, ticket, lambda one: transition(one, "open"))
    assert [(hold.started_at, hold.ended_at) for hold in ticket.holds[1:]] == [(closed_at, ticket.updated_at)]


async def test_links_are_seen_from_both_sides(both: Both) -> None:
    one, two = await made(both, new(), new())

    async def work() -> None:
        await both.changes.link(one, two, "blocks")
        own, theirs = linking(one, two, "blocks")
        await both.changes.apply(one, own)
        await both.changes.apply(two, theirs)

    await both(work)
    assert [(link.kind, link.ticket_id) for link in (await both(lambda: both.desk.get(1))).links] == [("blocks", "T-2")]
    assert [(link.kind, link.ticket_id) for link in (await both(lambda: both.desk.get(2))).links] == [
        ("blocked_by", "T-1")
    ]


async def test_a_merge_points_to_what_goes_on(both: Both) -> None:
    one, two = await made(both, new(), new())

    async def work() -> Ticket:
        gone, _ = merging(one, two)
        return await both.changes.apply(one, gone)

    merged = await both(work)
    assert (merged.status, merged.merged_into, merged.resolution) == ("closed", "T-2", None)
    (link,) = (await both(lambda: both.desk.get(2))).links
    assert (link.kind, link.ticket_id) == ("merged_from", "T-1")


async def test_a_change_without_its_lock_is_not_written(both: Both) -> None:
    (ticket,) = await made(both, new())
    await applied(both, ticket, lambda one: note(one, "First."))
    with pytest.raises(LookupError):
        await both(lambda: both.changes.apply(ticket, note(ticket, "Second.")))


async def test_the_desk_is_read_whole(both: Both) -> None:
    assert [queue.id for queue in await both(both.desk.queues)] == sorted(queue.id for queue in QUEUES)
    assert await both(both.desk.policies) == sorted(POLICIES, key=lambda policy: policy.id)
    assert [macro.id for macro in await both(both.desk.macros)] == sorted(macro[0] for macro in MACROS)
    one, two = await made(both, new(queue_id="billing"), new(queue_id="billing"))
    await applied(both, one, lambda ticket: transition(ticket, "on-hold"))
    await applied(both, two, lambda ticket: assignment(ticket, "carla.rossi"))
    state = await both(lambda: both.desk.queue("billing"))
    assert state.members == sorted(members_of("billing"))
    assert state.load.model_dump() == {"open": 1, "pending": 0, "on_hold": 1, "unassigned": 1}
    assert await both(lambda: both.desk.queue("no-such")) is None


async def test_people_are_found_by_the_beginnings_of_words(both: Both) -> None:
    await made(both, new())

    async def names(words: list[str], kind: Any = None, after: Position | None = None) -> list[str]:
        return [user.name for user in await both(lambda: both.desk.users(words, kind, 50, after))]

    assert await names(["mo", "rui"]) == ["Mona Ruiz"]
    assert await names(["mona@example.com"], "requester") == ["Mona Ruiz"]
    assert await names(["mona"], "staff") == []
    assert await names(["novak"]) == ["Hana Novák"]
    staff = await both(lambda: both.desk.users(["acme"], "staff", 50, None))
    assert [user.id for user in staff] == sorted(identifier for identifier, _, _ in STAFF)
    assert await names(["acme"], "staff", Position((staff[-2].id,))) == [staff[-1].name]
    assert [user.queues for user in staff if user.id == "ada.lind"] == [["it-support", "operations"]]


async def test_a_queue_that_is_not_granted_is_not_there(both: Both) -> None:
    secret, ours = await made(both, new("Secret outage", "Do not tell."), new("Invoice outage", queue_id="billing"))

    async def link() -> None:
        await both.changes.link(ours, secret, "relates_to")

    await both(link)
    assert [queue.id for queue in await both(both.desk.queues, BILLING)] == ["billing"]
    assert await both(lambda: both.desk.queue("it-support"), BILLING) is None
    assert await both(lambda: both.desk.get(1), BILLING) is None
    assert (await both(lambda: both.desk.get(2), BILLING)).links == []
    assert await both(lambda: both.desk.comments(1, 5, 0), BILLING) is None
    assert await both(lambda: both.desk.history(1, 5, 0), BILLING) is None
    assert await both(lambda: both.desk.numbers(None, 5), BILLING) == [2]
    assert await both(lambda: both.changes.lock(1), BILLING) is None
    for text in (None, "outage", "secret", "secrte", "T-1"):
        assert set(ids(await found(both, text, BILLING))) <= {"T-2"}
    # Nor does a reply tell whether a word stands in a queue that is not granted.
    for text in ("secret", "secrte"):
        told = await found(both, f"invoice {text}", BILLING)
        assert (ids(told), list(told.corrected), list(told.unknown)) == (["T-2"], [], [2])
    alike = await both(lambda: both.desk.similar("Secret outage. Do not tell.", 5, None, None), BILLING)
    assert [one.ticket.id for one in alike if one.ticket.id != "T-2"] == []
    nothing = replace(ANN, grants={"queues": []})
    assert ids(await found(both, None, nothing)) == []


async def test_nobody_sees_another_tenant(both: Both) -> None:
    await made(both, new("Ours alone", "Nobody else's."))
    for question in (
        lambda: both.desk.get(1),
        lambda: both.desk.comments(1, 5, 0),
        lambda: both.desk.history(1, 5, 0),
        lambda: both.changes.lock(1),
    ):
        assert await both(question, EVE) is None
    assert ids(await found(both, "ours alone", EVE)) == []
    assert await both(lambda: both.desk.similar("Ours alone, nobody else's", 5, None, None), EVE) == []
    assert [user.id for user in await both(lambda: both.desk.users(["mona"], None, 5, None), EVE)] == []
