"""Searching through the port, on both adapters: what is found, in which order, and what is told of the words."""

from datetime import UTC, datetime, timedelta

import pytest

from servicekit.schema.pagination import Position
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.search import parse_query
from ticketing_mcp.models.ticket_updates import (
    assignment,
    note,
    reply,
    update,
)
from ticketing_mcp.ports import TicketFilter

from .port import EVE, Both, applied, found, ids, made, new


async def test_without_words_the_newest_comes_first(both: Both) -> None:
    await made(both, new(), new(priority="urgent"), new(queue_id="billing"))
    assert ids(await found(both)) == ["T-3", "T-2", "T-1"]
    assert ids(await found(both, priority="urgent")) == ["T-2"]
    assert ids(await found(both, queue_id="it-support")) == ["T-2", "T-1"]
    assert ids(await found(both, status="closed")) == []
    assert ids(await found(both, assignee_id="ada.lind")) == []
    assert ids(await found(both, "ticket #2")) == ["T-2"]
    rest = await both(lambda: both.desk.search(TicketFilter(), 50, Position((0, 2))))
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
        query = TicketFilter(parse_query("print"))
        rest = await both(lambda after=after, query=query: both.desk.search(query, 50, after))
        assert list(rest.tickets) == list(whole[place + 1 :])


async def test_a_number_alone_is_an_id_and_a_word(both: Both) -> None:
    await made(both, *(new(body=f"Since {hour} o'clock.") for hour in range(3)), new(body="It says 3, then 33100."))
    assert ids(await found(both, "3")) == ["T-3", "T-4"]
    assert ids(await found(both, "T-3")) == ids(await found(both, "ticket #3")) == ["T-3"]
    first = await both(lambda: both.desk.search(TicketFilter(parse_query("3")), 1, None))
    after = Position((first.tickets[0].score, 3))
    assert ids(await both(lambda: both.desk.search(TicketFilter(parse_query("3")), 1, after))) == ["T-4"]
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
