"""Similar tickets and possible duplicates: shared words and codes, what is left out, and what the result says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp.client import Client

from tests.fixtures.calls import call
from ticketing_mcp.models.compared_text import essence
from ticketing_mcp.models.ticket_updates import closing
from ticketing_mcp.models.word_forms import forms_of
from ticketing_mcp.ports.search import SimilarResult

from .port import ANN, BILLING, EVE, Port, apply, create, new
from .scene import a_ticket

CORPUS = (
    new("VPN drops every ten minutes", "The tunnel says client timeout, then it connects."),
    new("Refund for my order has not arrived", "You promised the money on Monday."),
    new("Checkout stops with E-4711", "The page turns white after paying."),
    new("Where is my money?", "The refund of the returned order has not arrived on my account."),
    new("Paper jam", "The tray of the printer is full of paper."),
)  # fmt: skip


async def similar(
    port: Port, text: str, who: Any = ANN, other_than: int | None = None, since: datetime | None = None
) -> SimilarResult:
    found: SimilarResult = await port(lambda: port.desk.similar(text, 5, other_than, since), who)
    return found


def ids(found: SimilarResult) -> list[str]:
    return [one.ticket.id for one in found.tickets]


async def test_word_that_no_ticket_has_hides_nothing(own_port: Port) -> None:
    await create(own_port, *CORPUS)
    text = "Refund for my order has not arrived"
    assert ids(await similar(own_port, text)) == ["T-4", "T-2"]
    for more in ("astonishingly", "yet", "zzz qqq xxx", "Regards, Ottoline Quux"):
        assert ids(await similar(own_port, f"{text} {more}")) == ["T-4", "T-2"], more
    found = await similar(own_port, f"{text}, astonishingly")
    assert (found.compared, found.unknown) == (4, 1)
    assert found.tickets[0].shared == ("arrived", "refund", "order")


@pytest.mark.parametrize("code", ["E-4711", "E4711", "e 4711", "e_4711", "E‑4711", "Ｅ－４７１１"])
async def test_tickets_with_only_a_code_in_common_are_similar(own_port: Port, code: str) -> None:
    await create(own_port, *CORPUS)
    text = f"Our till in Graz beeps whenever a tray of vegetables is weighed. The display has {code} in red letters."
    (one,) = (await similar(own_port, text)).tickets
    assert (one.ticket.id, one.shared[0], one.same_code) == ("T-3", "e4711", True)


async def test_one_frequent_code_does_not_make_tickets_similar(own_port: Port) -> None:
    await create(own_port, *(new(f"Slow {word}", "Seen with windows-11.") for word in ("mouse", "screen") * 51))
    found = await similar(own_port, "Label for windows-11 tablets, address in Graz, sent to the warehouse twice")
    assert found.tickets == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VPN tunnel drops, client timeout every ten minutes", ["T-1"]),
        ("tunnels dropped, clients timed out", ["T-1"]),
        ("vpn tunel drpos", ["T-1"]),
        ("VPN", ["T-1"]),
        ("nothing of the kind", []),
        # One shared word among many others is no similarity.
        ("Paper lantern festival saturday evening garden", []),
        ("E-9999", []),
        ("jams: paper in the trays", ["T-5"]),
    ],
)
async def test_texts_find_similar_tickets(own_port: Port, text: str, expected: list[str]) -> None:
    await create(own_port, *CORPUS)
    assert ids(await similar(own_port, text)) == expected
    assert ids(await similar(own_port, text, EVE)) == []


async def test_ticket_itself_and_older_ones_are_left_out(own_port: Port) -> None:
    await create(own_port, *CORPUS)
    text = "VPN tunnel drops, client timeout"
    assert (await similar(own_port, text)).tickets[0].similarity == 100
    assert ids(await similar(own_port, text, other_than=1)) == []
    assert ids(await similar(own_port, text, since=datetime.now(UTC) + timedelta(days=1))) == []


async def test_words_of_other_queues_are_unknown(own_port: Port) -> None:
    await create(own_port, new("Secret outage E-4711", "Keep quiet."), new("Invoice twice", queue_id="billing"))
    for text in ("Secret outage E-4711", "secrte outgae"):
        found = await similar(own_port, text, BILLING)
        assert (ids(found), found.unknown) == ([], found.compared)
    assert ids(await similar(own_port, "secrte outgae")) == ["T-1"]
    assert ids(await similar(own_port, "secret", replace(ANN, grants={"queues": []}))) == []


async def test_closed_ticket_says_how_it_was_solved(own_port: Port) -> None:
    (ticket, *_) = await create(own_port, *CORPUS)
    await apply(own_port, ticket, lambda one: closing(one, "Exchanged the certificate of the gateway."))
    (one,) = (await similar(own_port, "vpn tunnel")).tickets
    assert (one.ticket.status, one.resolution) == ("closed", "Exchanged the certificate of the gateway.")


@pytest.mark.parametrize(
    "text",
    [
        "My scanner hums.\n\nOn Mon, 1 Jun 2026 at 10:00, Ann <ann@example.com> wrote:\n> VPN drops, tunnel timeout",
        "My scanner hums.\n> VPN drops every ten minutes\n> tunnel timeout",
        "My scanner hums.\n-----Original Message-----\nFrom: Ann\nVPN drops every ten minutes, tunnel timeout",
        "My scanner hums.\n\nAm 01.06.2026 um 10:00 schrieb Ann:\n> VPN drops every ten minutes, tunnel timeout",
    ],
)
async def test_quoted_mail_is_not_compared(own_port: Port, text: str) -> None:
    await create(own_port, *CORPUS)
    assert essence(text).strip() == "My scanner hums."
    assert ids(await similar(own_port, text)) == []


def test_text_of_nothing_but_a_quote_is_compared() -> None:
    assert essence("> VPN drops") == "> VPN drops"
    assert essence("Best regards, Ann") == "Best regards, Ann"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("delivered", "delivery"), ("deliveries", "delivered"), ("charging", "charge"), ("stopped", "stops"),
        ("duplicate", "duplicates"), ("rows", "row"), ("meldet", "melden"), ("boxes", "box"),
    ],
)  # fmt: skip
def test_forms_of_a_word_include_other_endings(one: str, other: str) -> None:
    assert set(forms_of(one)) & set(forms_of(other)) & {one, other}


@pytest.mark.parametrize("word", ["station", "order", "e4711", "領収", "a"])
def test_other_words_are_no_forms(word: str) -> None:
    assert not {"state", "ordeal", "e4711s", "領"} & set(forms_of(word))


async def test_japanese_texts_share_pairs_of_characters(own_port: Port) -> None:
    receipt = new("領収書が発行できません", "ボタンを押しても何も起きません。")
    await create(own_port, receipt, new("確認コードが届きません", "至急。"))
    assert ids(await similar(own_port, "お世話になっております。領収書の発行についてお願いいたします。")) == ["T-1"]


async def test_page_says_threshold_and_words_without_a_ticket(clerk: Client) -> None:
    made = await call(clerk, "create_ticket", **a_ticket())
    found = await call(clerk, "find_similar_tickets", text="The coffee machine leaks, preposterous")
    assert found["items"][0]["id"] == made["ticket_id"]
    assert found["items"][0]["shared"].endswith(">machine, coffee, leaks</user_content>")
    assert "a similarity of 25 or more, or with the same rare code" in found["notice"]
    assert found["notice"].endswith("1 of the 4 compared words is in no other ticket.")


@pytest.mark.parametrize("text", ["Hello, is it you?", "the", "...", "Good morning, dear support team!"])
async def test_text_of_common_words_says_so(acme: Client, text: str) -> None:
    found = await call(acme, "find_similar_tickets", text=text)
    assert found["items"] == []
    assert found["notice"].startswith("There are only common words to compare.")


async def test_same_code_makes_a_possible_duplicate(clerk: Client) -> None:
    first = await call(clerk, "create_ticket", **a_ticket(title="Till shows XQ-98123", body="It beeps in Graz."))
    second = await call(
        clerk, "create_ticket", **a_ticket(title="Cannot weigh vegetables", body="A tray. Red letters: xq98123 only.")
    )
    assert [one["ticket_id"] for one in second["possible_duplicates"]] == [first["ticket_id"]]
    assert second["possible_duplicates"][0]["same_code"]
    found = await call(clerk, "find_similar_tickets", ticket_id=second["ticket_id"])
    assert found["items"][0]["id"] == first["ticket_id"]
    assert "xq98123" in found["items"][0]["shared"]
