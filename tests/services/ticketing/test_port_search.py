"""Search in any adapter of the ticketing port: matches, ranking, and the notices about corrected words."""

from datetime import UTC, datetime, timedelta

import pytest

from servicekit.schema.pagination import CursorKey
from ticketing_mcp.models.comment_updates import note, reply
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.query import parse_query
from ticketing_mcp.models.ticket_updates import (
    assignment,
    update,
)
from ticketing_mcp.ports.search import Replaced, SimilarResult, TicketFilter

from .port import EVE, Port, apply, create, ids, new, search


async def test_search_without_words_lists_newest_first(port: Port) -> None:
    await create(port, new(), new(priority="urgent"), new(queue_id="billing"))
    assert ids(await search(port)) == ["T-3", "T-2", "T-1"]
    assert ids(await search(port, priority="urgent")) == ["T-2"]
    assert ids(await search(port, queue_id="it-support")) == ["T-2", "T-1"]
    assert ids(await search(port, statuses=("closed",))) == []
    assert ids(await search(port, assignee_id=port.person("ada.lind"))) == []
    assert ids(await search(port, "ticket #2")) == ["T-2"]
    rest = await port(lambda: port.desk.search(TicketFilter(), 50, CursorKey((0, 2))))
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
        ("vpn", {"T-1", "T-2"}),
        ("VPN timeout", {"T-1"}),
        ("print", {"T-6", "T-2"}),  # prefixes match
        ("rechnung ölheizung", {"T-3"}),
        ("パスワード", {"T-4"}),
        ("bo@example.net", {"T-5"}),
        ("bo ek", {"T-5"}),
        ("R20417", {"T-5"}),
        ("r-20417", {"T-5"}),
        ('"closes and the client"', {"T-1"}),
        ("group:1 OR requester:me", set()),  # operators are plain words
        ("qqqqqq", set()),
    ],
)
async def test_words_find_tickets(port: Port, text: str, expected: set[str]) -> None:
    await create(port, *CORPUS)
    assert set(ids(await search(port, text))) == expected
    assert ids(await search(port, text, EVE)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vpn", ["T-1", "T-2"]),  # title words weigh more than body words
        ("VPN timeout", ["T-1"]),
        ("print", ["T-6", "T-2"]),  # prefixes match
        ("rechnung ölheizung", ["T-3"]),
        ("OLHEIZUNG", ["T-3"]),
        ("パスワード", ["T-4"]),
        ("bo@example.net", ["T-5"]),
        ("bo ek", ["T-5"]),
        ("R20417", ["T-5"]),
        ("please refund what you charged me twice", ["T-5"]),
        ("vpn tunnel client paper tray", ["T-1", "T-2"]),  # three of five
        ('"vpn" AND NOT (paper | jams):*', ["T-2"]),  # operators are plain words
        ("refnud", ["T-5"]),
        ("prnter", ["T-6", "T-2"]),
    ],
)
async def test_words_match_and_rank(own_port: Port, text: str, expected: list[str]) -> None:
    await create(own_port, *CORPUS)
    assert ids(await search(own_port, text)) == expected
    assert ids(await search(own_port, text, EVE)) == []


async def test_corrected_words_are_reported(own_port: Port) -> None:
    await create(own_port, *CORPUS)
    result = await search(own_port, "vpn timeuot qqqqqq")
    assert (result.corrected, result.unknown) == ([Replaced("timeuot", ("timeout",))], ["qqqqqq"])
    assert not result.partial
    assert ids(result) == ["T-1"]
    nothing = await search(own_port, "qqqqqq")
    assert (ids(nothing), nothing.unknown, nothing.total) == ([], ["qqqqqq"], 0)


async def test_rare_word_also_finds_its_likely_correction(own_port: Port) -> None:
    await create(
        own_port, *(new("Invoice twice", f"Amount {count}") for count in range(20)), new("Bill", "Two invoices.")
    )
    widened = await search(own_port, "invoices")
    assert (ids(widened)[0], len(widened.tickets)) == ("T-21", 21), "exact matches rank first"
    assert (widened.corrected, widened.widened) == ([], [Replaced("invoices", ("invoice",))])
    assert ids(await search(own_port, "invoices amount 7"))[0] == "T-8"
    assert (await search(own_port, "invoice")).widened == []


async def test_ranked_results_page_from_any_ticket(port: Port) -> None:
    await create(port, *CORPUS)
    whole = (await search(port, "print")).tickets
    assert len(whole) == 2
    for place, ticket in enumerate(whole):
        after = CursorKey((ticket.score, number_of(ticket.id)))
        query = TicketFilter(parse_query("print"))
        rest = await port(lambda after=after, query=query: port.desk.search(query, 50, after))
        assert list(rest.tickets) == list(whole[place + 1 :])


async def test_bare_number_is_both_an_id_and_a_word(port: Port) -> None:
    await create(port, *(new(body=f"Since {hour} o'clock.") for hour in range(3)), new(body="It says 3, then 33100."))
    assert ids(await search(port, "3")) == ["T-3", "T-4"]
    assert ids(await search(port, "T-3")) == ids(await search(port, "ticket #3")) == ["T-3"]
    first = await port(lambda: port.desk.search(TicketFilter(parse_query("3")), 1, None))
    after = CursorKey((first.tickets[0].score, 3))
    assert ids(await port(lambda: port.desk.search(TicketFilter(parse_query("3")), 1, after))) == ["T-4"]
    assert ids(await search(port, "331")) == ["T-4"]
    assert ids(await search(port, "4", statuses=("open",))) == ["T-4"]
    assert (await search(port, "4")).unknown == ()
    assert ids(await search(port, "4", statuses=("closed",))) == []
    nothing = await search(port, "77")
    assert (list(nothing.unknown), nothing.all_words) in ((["77"], False), ([], True))


async def test_words_and_filters_combine(port: Port) -> None:
    tickets = await create(port, *CORPUS)
    await apply(port, tickets[0], lambda one: assignment(one, port.person("ada.lind")))
    assert ids(await search(port, "vpn", assignee_id=port.person("ada.lind"))) == ["T-1"]
    assert ids(await search(port, "vpn", statuses=("closed",))) == []


async def test_retitled_ticket_is_found_by_its_new_title_only(port: Port) -> None:
    (ticket,) = await create(port, new("Kettle is cold", "It is."))
    await apply(port, ticket, lambda one: update(one, "Teapot is hot", None, None))
    assert ids(await search(port, "teapot")) == ["T-1"]
    assert ids(await search(port, "kettle")) == []


async def test_comment_words_match_and_weigh_less_than_the_title(own_port: Port) -> None:
    one, two, _ = await create(
        own_port, new("Kettle is cold", "It is."), new("Toaster is loud", "It hums."), new("Cold", "No.")
    )
    one = await apply(own_port, one, lambda ticket: note(ticket, "Supplier says the toaster is case Q77120."))
    assert ids(await search(own_port, "Q77120")) == ["T-1"]
    assert ids(await search(own_port, "suplier case")) == ["T-1"]
    assert ids(await search(own_port, "toaster")) == ["T-2", "T-1"]
    one = await apply(own_port, one, lambda ticket: reply(ticket, "We send you another kettle."))
    # Retitling keeps the words of comments and drops those that only the old title had.
    one = await apply(own_port, one, lambda ticket: update(ticket, "Teapot", None, None))
    assert ids(await search(own_port, "kettle")) == ["T-1"]
    assert ids(await search(own_port, "cold")) == ["T-3"]
    await apply(own_port, one, lambda ticket: update(ticket, "Kettle again", None, None))
    await apply(own_port, two, lambda ticket: note(ticket, "Not a kettle."))
    assert ids(await search(own_port, "kettle")) == ["T-1", "T-2"]
    assert ids(await search(own_port, "Q77120", EVE)) == []


async def test_similar_tickets_share_words(port: Port) -> None:
    await create(port, *CORPUS)

    async def similar(text: str, other_than: int | None = None, since: datetime | None = None) -> SimilarResult:
        found: SimilarResult = await port(lambda: port.desk.similar(text, 5, other_than, since))
        return found

    text = "VPN tunnel drops, client timeout"
    for more in ("", " every ten minutes", " astonishingly"):
        (one,) = (await similar(text + more)).tickets
        assert one.ticket.id == "T-1"
        assert {"timeout", "tunnel", "client"} & set(one.shared)
    for other in (await similar(text, 1), await similar(text, None, datetime.now(UTC) + timedelta(days=1))):
        assert list(other.tickets) == []
    # One shared word among many others is no similarity.
    for text in ("nothing of the kind", "Paper lantern festival saturday evening garden"):
        assert list((await similar(text)).tickets) == []
