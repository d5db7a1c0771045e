"""What tools rely on in any adapter of the ticketing port."""

from dataclasses import replace
from typing import Any

import pytest

from servicekit.core import Refused
from servicekit.schema.pagination import CursorKey
from ticketing_mcp.models.comment_updates import note, reply
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.ticket_updates import (
    assignment,
    closing,
    linking,
    transition,
    update,
)
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.conversations import Wanted
from ticketing_mcp.sample_data.desk_setup import MACROS, POLICIES, QUEUES, STAFF, members_of

from .port import ANN, BILLING, EVE, Port, apply, create, ids, new, search


async def test_new_ticket_is_open_and_unassigned(port: Port) -> None:
    (ticket,) = await create(port, new(requester_email="Mona@Example.com"))
    assert (ticket.id, ticket.status, ticket.assignee_id) == ("T-1", "open", None)
    assert (ticket.requester_email, ticket.comment_count, ticket.holds, ticket.links) == ("mona@example.com", 0, [], [])
    assert await port(lambda: port.desk.get(1)) == ticket
    (event,) = await port(lambda: port.desk.history(1, 10, 0))
    assert (event.sequence, event.kind, event.actor_id, event.at) == (1, "created", "ann", ticket.created_at)
    (first,) = await port(lambda: port.desk.messages(1, Wanted(), 10))
    assert (first.sequence, first.kind, first.body) == (
        0, "requester_message", "Smoke since noon.",
    )  # fmt: skip


async def test_each_tenant_numbers_its_tickets_consecutively(port: Port) -> None:
    assert [ticket.id for ticket in await create(port, new(), new(), new())] == ["T-1", "T-2", "T-3"]
    assert [ticket.id for ticket in await create(port, new(), who=EVE)] == ["T-1"]
    assert await port(lambda: port.desk.numbers(None, 2)) == [3, 2]
    assert await port(lambda: port.desk.numbers(2, 20)) == [2]
    assert await port(lambda: port.desk.numbers(7, 20)) == []


async def test_requester_is_identified_by_email(port: Port) -> None:
    one, two = await create(port, new(), new(requester_email="MONA@example.com", requester_name="Another Name"))
    assert one.requester_id == two.requester_id
    assert two.requester_name == "Mona Ruiz"


async def test_updates_are_recorded_in_the_history(port: Port) -> None:
    (ticket,) = await create(port, new())
    first_version, grace = ticket.version, port.person("grace.kim")
    ticket = await apply(port, ticket, lambda one: update(one, "Printer smells", "high", "operations"))
    assert (ticket.title, ticket.priority, ticket.queue_id) == ("Printer smells", "high", "operations")
    assert ticket.version > first_version
    ticket = await apply(port, ticket, lambda one: assignment(one, grace))
    ticket = await apply(port, ticket, lambda one: note(one, "Known."))
    assert (ticket.first_replied_at, ticket.comment_count) == (None, 1)
    ticket = await apply(port, ticket, lambda one: reply(one, "We know."))
    assert (ticket.status, ticket.first_replied_at, ticket.comment_count) == ("pending", ticket.updated_at, 2)
    first_reply = ticket.first_replied_at
    ticket = await apply(port, ticket, lambda one: reply(one, "Still."))
    assert ticket.first_replied_at == first_reply
    ticket = await apply(port, ticket, lambda one: closing(one, "Solved."))
    assert (ticket.status, ticket.resolution, ticket.closed_at) == ("closed", "Solved.", ticket.updated_at)
    ticket = await apply(port, ticket, lambda one: transition(one, "open"))
    assert (ticket.status, ticket.resolution, ticket.closed_at) == ("open", None, None)
    history = await port(lambda: port.desk.history(1, 50, 0))
    assert [event.sequence for event in history] == list(range(1, len(history) + 1))
    assert [(event.kind, event.detail) for event in history] == [
        ("created", None),
        ("title_changed", None),
        ("priority_changed", "high"),
        ("queue_changed", "operations"),
        ("assigned", grace),
        ("note_added", None),
        ("reply_added", None),
        ("status_changed", "pending"),
        ("reply_added", None),
        ("closed", None),
        ("reopened", "open"),
    ]
    assert await port(lambda: port.desk.history(1, 2, 9)) == history[9:11]
    said = await port(lambda: port.desk.messages(1, Wanted(order="oldest", beyond=0), 3))
    assert [(one.sequence, one.kind, one.body) for one in said] == [
        (1, "internal_note", "Known."), (2, "public_reply", "We know."), (3, "public_reply", "Still."),
    ]  # fmt: skip
    assert await port(lambda: port.desk.messages(1, Wanted(beyond=3), 1)) == said[1:2]


async def test_holds_cover_time_on_hold_and_time_closed(port: Port) -> None:
    (ticket,) = await create(port, new())
    ticket = await apply(port, ticket, lambda one: assignment(one, port.person("ada.lind")))
    ticket = await apply(port, ticket, lambda one: transition(one, "on-hold"))
    assert [(hold.started_at, hold.ended_at) for hold in ticket.holds] == [(ticket.updated_at, None)]
    ticket = await apply(port, ticket, lambda one: closing(one, "Gone."))
    assert ticket.holds[0].ended_at == ticket.closed_at
    closed_at = ticket.closed_at
    ticket = await apply(port, ticket, lambda one: transition(one, "open"))
    assert [(hold.started_at, hold.ended_at) for hold in ticket.holds[1:]] == [(closed_at, ticket.updated_at)]


async def test_links_are_visible_from_both_tickets(port: Port) -> None:
    one, two = await create(port, new(), new())

    if "links" not in port.offers:
        with pytest.raises(Refused, match="no links"):
            await port(lambda: port.writer.link(one, two, "blocks"))
        return

    async def work() -> None:
        await port.writer.link(one, two, "blocks")
        own, theirs = linking(one, two, "blocks")
        await port.writer.apply(one, own)
        await port.writer.apply(two, theirs)

    await port(work)
    assert [(link.kind, link.ticket_id) for link in (await port(lambda: port.desk.get(1))).links] == [("blocks", "T-2")]
    assert [(link.kind, link.ticket_id) for link in (await port(lambda: port.desk.get(2))).links] == [
        ("blocked_by", "T-1")
    ]


async def test_merged_ticket_points_to_its_target(port: Port) -> None:
    one, two = await create(port, new(), new())

    async def work() -> Ticket:
        (merged,), into = await port.writer.merge([one], two)
        assert into.id == "T-2"
        assert into.version > two.version
        return merged

    merged = await port(work)
    assert (merged.status, merged.merged_into, merged.resolution) == ("closed", "T-2", None)
    assert merged.merged_at == merged.updated_at
    assert merged.status_before_merge in ("open", None)
    (link,) = (await port(lambda: port.desk.get(2))).links
    assert (link.kind, link.ticket_id) == ("merged_from", "T-1")


async def test_update_of_a_stale_version_fails(port: Port) -> None:
    (ticket,) = await create(port, new())
    await apply(port, ticket, lambda one: note(one, "First."))
    with pytest.raises((LookupError, Refused)):
        await port(lambda: port.writer.apply(ticket, note(ticket, "Second.")))


async def test_desk_setup_is_complete(port: Port) -> None:
    queues = {queue.id: queue.name for queue in await port(port.desk.queues)}
    assert list(queues) == sorted(queues)
    assert {queue.id: queue.name for queue in QUEUES}.items() <= queues.items()
    if "policies" in port.offers:
        assert await port(port.desk.policies) == sorted(POLICIES, key=lambda policy: policy.id)
    macros = await port(port.desk.macros)
    assert {macro.name for macro in macros} == {macro[1] for macro in MACROS}
    assert [macro.id for macro in macros] == sorted(macro.id for macro in macros)
    one, two = await create(port, new(queue_id="billing"), new(queue_id="billing"))
    await apply(port, one, lambda ticket: transition(ticket, "on-hold"))
    await apply(port, two, lambda ticket: assignment(ticket, port.person("carla.rossi")))
    state = await port(lambda: port.desk.queue("billing"))
    assert state.members == sorted(map(port.person, members_of("billing")))
    counted = state.load.model_dump(include={"open", "pending", "on_hold", "unassigned"})
    assert counted == {"open": 1, "pending": 0, "on_hold": 1, "unassigned": 1}
    assert await port(lambda: port.desk.queue("no-such")) is None


async def test_several_tickets_are_read_and_changed(port: Port) -> None:
    one, two = await create(port, new(queue_id="billing"), new("Another", "Two words.", queue_id="billing"))
    numbers = [number_of(two.id), 999_999_999, number_of(one.id)]
    found = await port(lambda: port.desk.get_all(numbers))
    assert {ticket.id for ticket in found} == {one.id, two.id}

    async def assigned() -> Any:
        tickets = await port.writer.lock_all(sorted(numbers))
        return await port.writer.apply_all([(each, assignment(each, port.person("carla.rossi"))) for each in tickets])

    changed = await port(assigned)
    assert {(ticket.id, ticket.assignee_id) for ticket in changed} == {
        (one.id, port.person("carla.rossi")),
        (two.id, port.person("carla.rossi")),
    }
    members = await port(lambda: port.desk.queue_members(["billing", "no-such"]))
    assert members == {"billing": sorted(map(port.person, members_of("billing")))}
    queues = await port(port.desk.loaded_queues)
    assert [queue.id for queue in queues] == [queue.id for queue in await port(port.desk.queues)]
    (billing,) = [queue for queue in queues if queue.id == "billing"]
    assert billing.load is None or (billing.load.open, billing.load.unassigned) == (2, 0)


async def test_users_are_found_by_word_prefixes(port: Port) -> None:
    await create(port, new())

    async def names(words: list[str], kind: Any = None, after: CursorKey | None = None) -> list[str]:
        return [user.name for user in await port(lambda: port.desk.users(words, kind, 50, after))]

    assert await names(["mo", "rui"]) == ["Mona Ruiz"]
    assert await names(["mona@example.com"], "requester") == ["Mona Ruiz"]
    assert await names(["mona"], "staff") == []
    assert await names(["novak"]) == ["Hana Novák"]
    staff = await port(lambda: port.desk.users(["acme"], "staff", 50, None))
    assert [user.id for user in staff] == sorted(user.id for user in staff)
    assert {port.person(identifier) for identifier, _, _ in STAFF} <= {user.id for user in staff}
    assert await names(["acme"], "staff", CursorKey((staff[-2].id,))) == [staff[-1].name]
    assert [user.queues for user in staff if user.id == port.person("ada.lind")] == [["it-support", "operations"]]


async def test_ungranted_queues_are_invisible(port: Port) -> None:
    secret, ours = await create(port, new("Secret outage", "Keep quiet."), new("Invoice outage", queue_id="billing"))

    async def link() -> None:
        await port.writer.link(ours, secret, "relates_to")

    if "links" in port.offers:
        await port(link)
    assert [queue.id for queue in await port(port.desk.queues, BILLING)] == ["billing"]
    assert await port(lambda: port.desk.queue("it-support"), BILLING) is None
    assert await port(lambda: port.desk.get(1), BILLING) is None
    assert (await port(lambda: port.desk.get(2), BILLING)).links == []
    assert await port(lambda: port.desk.messages(1, Wanted(), 5), BILLING) is None
    assert await port(lambda: port.desk.history(1, 5, 0), BILLING) is None
    assert await port(lambda: port.desk.numbers(None, 5), BILLING) == [2]
    assert await port(lambda: port.writer.lock(1), BILLING) is None
    for text in (None, "outage", "secret", "secrte", "T-1"):
        assert set(ids(await search(port, text, BILLING))) <= {"T-2"}
    # The notice about unknown words reveals nothing about words of other queues.
    for text in ("secret", "secrte") if "corrections" in port.offers else ():
        result = await search(port, f"invoice {text}", BILLING)
        assert (ids(result), list(result.corrected), list(result.unknown)) == (["T-2"], [], [text])
    alike = await port(lambda: port.desk.similar("Secret outage. Keep quiet.", 5, None, None), BILLING)
    assert [one.ticket.id for one in alike.tickets if one.ticket.id != "T-2"] == []
    # A word of T-2 only is known, as far as the adapter knows other tickets' words.
    assert alike.compared - alike.unknown <= 1
    nothing = replace(ANN, grants={"queues": []})
    assert ids(await search(port, None, nothing)) == []


@pytest.mark.parametrize(
    ("credential", "policy", "queues"),
    [
        (["b*"], ["*ing"], ["billing"]),
        (["*"], ["it-support", "nowhere"], ["it-support"]),
        (["billin?"], ["*l*"], ["billing"]),
        (["[a-h]*"], ["i*"], []),
    ],
)
async def test_queues_match_the_patterns_of_both_lists(
    port: Port, credential: list[str], policy: list[str], queues: list[str]
) -> None:
    await create(port, new("Secret outage"), new("Invoice twice", queue_id="billing"))
    limited = replace(ANN, grants={"queues": credential}, policy_grants={"queues": policy})
    assert [queue.id for queue in await port(port.desk.queues, limited)] == queues
    seen = {"T-1": "it-support", "T-2": "billing"}
    expected = [ticket for ticket, queue in seen.items() if queue in queues]
    assert sorted(ids(await search(port, None, limited))) == expected
    for ticket in seen:
        number = int(ticket.removeprefix("T-"))
        assert (await port(lambda number=number: port.desk.get(number), limited) is not None) is (ticket in expected)
        assert (await port(lambda number=number: port.writer.lock(number), limited) is not None) is (ticket in expected)


async def test_tenants_cannot_see_each_other(port: Port) -> None:
    await create(port, new("Ours alone", "Private to acme."))
    for read in (
        lambda: port.desk.get(1),
        lambda: port.desk.messages(1, Wanted(), 5),
        lambda: port.desk.history(1, 5, 0),
        lambda: port.writer.lock(1),
    ):
        assert await port(read, EVE) is None
    assert ids(await search(port, "ours alone", EVE)) == []
    alike = await port(lambda: port.desk.similar("Ours alone, private to acme", 5, None, None), EVE)
    assert (list(alike.tickets), alike.unknown) == ([], alike.compared)
    assert [user.id for user in await port(lambda: port.desk.users(["mona"], None, 5, None), EVE)] == []
