"""Macros found by what they say, and their placeholders."""

import pytest
from mcp.client import Client

from tests.fixtures.calls import call
from ticketing_mcp.models.macro_search import find_macros
from ticketing_mcp.models.macros import PLACEHOLDERS, Macro


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("refund", ["refund-under-way"]),
        ("the money is refunded in some days", ["refund-under-way"]),
        ("the customer forgot her password", ["reset-password"]),
        ("pasword", ["reset-password"]),
        ("carrier", ["parcel-search"]),
        ("lost parcels", ["parcel-search"]),
        ("picture of the screen", ["ask-for-details"]),
        ("outages", ["outage-known"]),
        ("refund-under-way", ["refund-under-way"]),
        ("PARCEL", ["parcel-search"]),
    ],
)
async def test_macros_are_found_by_name_and_text(acme: Client, query: str, expected: list[str]) -> None:
    found = await call(acme, "list_macros", query=query)
    assert [macro["id"] for macro in found["items"]] == expected


async def test_no_match_names_the_nearest_macros(acme: Client) -> None:
    found = await call(acme, "list_macros", query="reefunnd-undrrr-wayyy")
    assert found["items"] == []
    assert found["notice"].startswith("No macro says that. Nearest by name: refund-under-way, ")
    assert found["notice"].endswith("Without query, all macros are listed.")


async def test_query_of_common_words_lists_all_macros(acme: Client) -> None:
    found = await call(acme, "list_macros", query="what do we have?")
    assert len(found["items"]) == len((await call(acme, "list_macros"))["items"])
    assert found["notice"].startswith("query has only common words, so all macros are listed.")


async def test_words_that_no_macro_has_are_counted(acme: Client) -> None:
    found = await call(acme, "list_macros", query="refund for a xylophone")
    assert [macro["id"] for macro in found["items"]] == ["refund-under-way"]
    assert found["notice"].startswith("1 of the words of query is in no macro.")


async def test_page_explains_the_placeholders_of_its_macros(acme: Client) -> None:
    found = await call(acme, "list_macros", query="refund")
    assert found["notice"] == (
        "preview_macro fills in {ticket_id} (id of the ticket), {requester_name} (name of the customer)."
    )
    whole = (await call(acme, "list_macros"))["notice"]
    assert "{queue_id} (its queue)" in whole


def test_placeholders_are_no_words_of_a_macro() -> None:
    macro = Macro(id="m", name="Thanks", text=" ".join(f"{{{name}}}" for name in PLACEHOLDERS))
    for word in ("requester", "status", "queue", "name"):
        assert find_macros(word, [macro]).macros == []


def test_name_and_rare_words_rank_first() -> None:
    texts = {
        "a": ("Delay", "Your invoice is late."),
        "b": ("Invoice", "It is late."),
        "c": ("Tax", "Late tax invoice."),
    }
    macros = [Macro(id=key, name=name, text=text) for key, (name, text) in texts.items()]
    assert find_macros("invoice", macros).macros[0].id == "b"
    assert [macro.id for macro in find_macros("late tax", macros).macros] == ["c"]


def test_japanese_macro_is_found() -> None:
    macro = Macro(id="m", name="返金", text="返金の手続きが完了しました。")
    assert find_macros("返金", [macro]).macros == [macro]
