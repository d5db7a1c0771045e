"""The rules of the ports, on both adapters: what tools may rely on, whatever keeps the tickets."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from devkit.databases import DatabaseUrls
from servicekit.caller import Caller, acting_as
from servicekit.database import Database
from servicekit.results import Position
from servicekit.testing import caller
from ticketing.memory import MemoryDesk, Tenant
from ticketing_mcp.adapters.postgres import PostgresDesk
from ticketing_mcp.adapters.ticket_changes import PostgresTicketChanges
from ticketing_mcp.models.changes import (
    NewTicket,
    assignment,
    closing,
    linking,
    merging,
    note,
    reply,
    transition,
    update,
)
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.macros import Macro
from ticketing_mcp.models.search import understand
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.models.users import User
from ticketing_mcp.ports import Desk, Found, TicketChanges, Wanted
from ticketing_mcp.sample_data.desk import MACROS, POLICIES, QUEUES, STAFF, members_of

ANN = caller(subject="ann", tenant="acme")
EVE = caller(subject="eve", tenant="globex")
BILLING = replace(ANN, grants={"queues": ["billing"]})


class Both(Protocol):
    """An adapter that reads, and one that writes."""

    desk: Desk
    changes: TicketChanges

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        """The result of some work, in a transaction of its own, for a caller."""
        ...


class InMemory:
    def __init__(self) -> None:
        def tenant(domain: str) -> Tenant:
            users = {
                identifier: User(
                    id=identifier,
                    kind="staff",
                    email=f"{identifier}@{domain}.example",
                    name=name,
                    queues=sorted(queues),
                )
                for identifier, name, queues in STAFF
            }
            return Tenant(
                queues=sorted(QUEUES, key=lambda queue: queue.id),
                members={queue.id: members_of(queue.id) for queue in QUEUES},
                policies=sorted(POLICIES, key=lambda policy: policy.id),
                macros=sorted((Macro(id=i, name=n, text=t) for i, n, t in MACROS), key=lambda macro: macro.id),
                users=users,
            )

        both = MemoryDesk({"acme": tenant("acme"), "globex": tenant("globex")})
        self.desk: Desk = both
        self.changes: TicketChanges = both

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        with acting_as(who):
            return await work()


class Silent:
    async def announce(self, tenant: str, uri: str) -> None:
        """Nobody listens."""


class OnPostgres:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.desk: Desk = PostgresDesk(database)
        self.changes: TicketChanges = PostgresTicketChanges(database, Silent())

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        with acting_as(who):
            async with self._database.transaction():
                return await work()


@pytest.fixture
def in_memory() -> InMemory:
    return InMemory()


@pytest.fixture
async def on_postgres(bare_desk: DatabaseUrls) -> AsyncIterator[OnPostgres]:
    database = Database(bare_desk.writer, connections=4)
    await database.start()
    yield OnPostgres(database)
    await database.stop()


@pytest.fixture(params=["in_memory", "on_postgres"])
def both(request: pytest.FixtureRequest) -> Both:
    """Each adapter, with the desk of the sample data and no ticket."""
    adapter: Both = request.getfixturevalue(request.param)
    return adapter


def new(title: str = "Printer is on fire", body: str = "Smoke since noon.", **more: Any) -> NewTicket:
    fields = {"queue_id": "it-support", "priority": "normal", "requester_email": "mona@example.com"}
    return NewTicket(title=title, body=body, **{**fields, "requester_name": "Mona Ruiz", **more})


async def made(both: Both, *tickets: NewTicket, who: Caller = ANN) -> list[Ticket]:
    return [await both(lambda one=one: both.changes.create(one), who) for one in tickets]


async def applied(both: Both, ticket: Ticket, decide: Any) -> Ticket:
    async def work() -> Ticket:
        locked = await both.changes.lock(number_of(ticket.id))
        assert locked is not None
        return await both.changes.apply(locked, decide(locked))

    changed: Ticket = await both(work)
    return changed


async def found(both: Both, text: str | None = None, who: Caller = ANN, **filters: Any) -> Found:
    wanted = Wanted(**filters) if text is None else Wanted(understand(text), **filters)
    result: Found = await both(lambda: both.desk.search(wanted, 50, None), who)
    return result


def ids(result: Found) -> list[str]:
    return [ticket.id for ticket in result.tickets]


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


async def test_without_words_the_newest_comes_first(both: Both) -> None:
    await made(both, new(), new(priority="urgent"), new(queue_id="billing"))
    assert ids(await found(both)) == ["T-3", "T-2", "T-1"]
    assert ids(await found(both, priority="urgent")) == ["T-2"]
    assert ids(await found(both, queue_id="it-support")) == ["T-2", "T-1"]
    assert ids(await found(both, status="closed")) == []
    assert ids(await found(both, assignee_id="ada.lind")) == []
    assert ids(await found(both, "ticket #2")) == ["T-2"]
    rest = await both(lambda: both.desk.search(Wanted(), 50, Position((0, 2))))
    assert ids(rest) == ["T-1"]


CORPUS = (
    new("VPN drops every ten minutes", "The tunnel closes and the client says timeout."),
    new("Printer jams", "The VPN is fine, but paper is stuck in the tray."),
    new("Rechnung über Ölheizung fehlt", "Bitte senden Sie die Rechnung noch einmal."),
    new("パスワードを再設定できない", "確認コードが届きません。"),
    new("Refund", "I was charged twice for order R20417, please refund.", requester_email="bo@example.net",
        requester_name="Bo Ek"),
    new("Printers on floor two", "Both printers print blank pages."),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vpn", ["T-1", "T-2"]),  # the title counts more than the message
        ("VPN timeout", ["T-1"]),
        ("print", ["T-6", "T-2"]),  # the beginning of words
        ("rechnung ölheizung", ["T-3"]),
        ("OLHEIZUNG", ["T-3"]),
        ("パスワード", ["T-4"]),
        ("bo@example.net", ["T-5"]),
        ("bo ek", ["T-5"]),
        ("R20417", ["T-5"]),
        ("please refund what you charged me twice", ["T-5"]),
        ("vpn tunnel client paper tray", ["T-1", "T-2"]),  # three of five
        ('"vpn" AND NOT (paper | jams):*', ["T-2"]),  # operators are words
        ("refnud", ["T-5"]),
        ("prnter", ["T-6", "T-2"]),
    ],
)
async def test_words_find_and_rank(both: Both, text: str, expected: list[str]) -> None:
    await made(both, *CORPUS)
    assert ids(await found(both, text)) == expected
    assert ids(await found(both, text, EVE)) == []


async def test_how_words_were_taken_is_told_by_their_places(both: Both) -> None:
    await made(both, *CORPUS)
    result = await found(both, "vpn timeuot qqqqqq")
    assert (result.corrected, result.unknown, result.partial) == ([2], [3], False)
    assert ids(result) == ["T-1"]
    nothing = await found(both, "qqqqqq")
    assert (ids(nothing), nothing.unknown) == ([], [1])


async def test_a_slip_that_somebody_made_before_hides_nothing(both: Both) -> None:
    await made(both, *(new("Invoice twice", f"Amount {count}") for count in range(20)), new("Bill", "Two invoices."))
    widened = await found(both, "invoices")
    assert (ids(widened)[0], len(widened.tickets)) == ("T-21", 21), "what has the word comes first, wherever"
    assert (list(widened.corrected), list(widened.widened), list(widened.unknown)) == ([], [1], [])
    assert ids(await found(both, "invoices amount 7"))[0] == "T-8"
    assert (await found(both, "invoice")).widened == []


async def test_a_ranked_list_goes_on_after_any_of_its_tickets(both: Both) -> None:
    await made(both, *CORPUS)
    whole = (await found(both, "print")).tickets
    assert len(whole) == 2
    for place, ticket in enumerate(whole):
        after = Position((ticket.score, number_of(ticket.id)))
        query = Wanted(understand("print"))
        rest = await both(lambda after=after, query=query: both.desk.search(query, 50, after))
        assert list(rest.tickets) == list(whole[place + 1 :])


async def test_a_number_alone_is_an_id_and_a_word(both: Both) -> None:
    await made(both, *(new(body=f"Since {hour} o'clock.") for hour in range(3)), new(body="It says 3, then 33100."))
    assert ids(await found(both, "3")) == ["T-3", "T-4"]
    assert ids(await found(both, "T-3")) == ids(await found(both, "ticket #3")) == ["T-3"]
    first = await both(lambda: both.desk.search(Wanted(understand("3")), 1, None))
    after = Position((first.tickets[0].score, 3))
    assert ids(await both(lambda: both.desk.search(Wanted(understand("3")), 1, after))) == ["T-4"]
    assert ids(await found(both, "331")) == ["T-4"]
    assert ids(await found(both, "4", status="open")) == ["T-4"]
    assert (await found(both, "4")).unknown == ()
    assert ids(await found(both, "4", status="closed")) == []
    assert (await found(both, "77")).unknown == [1]


async def test_words_and_filters_narrow_together(both: Both) -> None:
    tickets = await made(both, *CORPUS)
    await applied(both, tickets[0], lambda one: assignment(one, "ada.lind"))
    assert ids(await found(both, "vpn", assignee_id="ada.lind")) == ["T-1"]
    assert ids(await found(both, "vpn", status="closed")) == []


async def test_another_title_is_found_and_the_old_one_is_not(both: Both) -> None:
    (ticket,) = await made(both, new("Kettle is cold", "It is."))
    await applied(both, ticket, lambda one: update(one, "Teapot is hot", None, None))
    assert ids(await found(both, "teapot")) == ["T-1"]
    assert ids(await found(both, "kettle")) == []


async def test_what_was_said_on_a_ticket_is_found_and_counts_less_than_its_title(both: Both) -> None:
    one, two, _ = await made(
        both, new("Kettle is cold", "It is."), new("Toaster is loud", "It hums."), new("Cold", "No.")
    )
    one = await applied(both, one, lambda ticket: note(ticket, "Supplier says the toaster is case Q77120."))
    assert ids(await found(both, "Q77120")) == ["T-1"]
    assert ids(await found(both, "suplier case")) == ["T-1"]
    assert ids(await found(both, "toaster")) == ["T-2", "T-1"]
    one = await applied(both, one, lambda ticket: reply(ticket, "We send you another kettle."))
    # The new title takes nothing from what was said, and what only the old one had is gone.
    one = await applied(both, one, lambda ticket: update(ticket, "Teapot", None, None))
    assert ids(await found(both, "kettle")) == ["T-1"]
    assert ids(await found(both, "cold")) == ["T-3"]
    await applied(both, one, lambda ticket: update(ticket, "Kettle again", None, None))
    await applied(both, two, lambda ticket: note(ticket, "Not a kettle."))
    assert ids(await found(both, "kettle")) == ["T-1", "T-2"]
    assert ids(await found(both, "Q77120", EVE)) == []


async def test_alike_tickets_are_found_by_what_tells(both: Both) -> None:
    await made(both, *CORPUS)
    alike = await both(lambda: both.desk.similar("VPN tunnel drops, client timeout every ten minutes", 5, None, None))
    assert [one.ticket.id for one in alike] == ["T-1"]
    assert alike[0].similarity == 100
    assert await both(lambda: both.desk.similar("VPN tunnel drops, client timeout", 5, 1, None)) == []
    assert await both(lambda: both.desk.similar("nothing of the kind", 5, None, None)) == []
    # A ticket of one shared word and many of its own is like nothing.
    assert await both(lambda: both.desk.similar("Paper lantern festival saturday evening garden", 5, None, None)) == []
    later = datetime.now(UTC) + timedelta(days=1)
    assert await both(lambda: both.desk.similar("VPN tunnel drops, client timeout", 5, None, later)) == []


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
