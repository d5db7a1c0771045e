"""Query parsing, corrections and ranking of the ticket search."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from servicekit.storage.search_terms import WORD, fold
from tests.fixtures.calls import call, refusal
from ticketing_mcp.models.query import MAX_WORDS, InvalidQuery, parse_query
from ticketing_mcp.models.search import (
    COUNT_LIMIT,
    QueryWord,
    closest_words,
    is_one_edit_apart,
    rarest_words,
    required_matches,
    trigrams,
)
from ticketing_mcp.models.words import MAX_TERMS, MAX_WORD_LENGTH, ticket_terms, words_of


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        query = parse_query(text)
    except InvalidQuery:
        return
    assert query.number is not None or query.words
    assert len(query.words) <= MAX_WORDS
    assert all(word and len(word) <= MAX_WORD_LENGTH and "\x00" not in word for word in query.words)


@given(st.text(max_size=300), st.text(max_size=600))
def test_every_title_word_is_indexed(title: str, body: str) -> None:
    terms = ticket_terms(title, body, "Mona Ruiz", "mona@example.com")
    assert set(words_of(title)[:MAX_TERMS]) <= set(terms)
    assert {"mona", "ruiz", "mona@example.com"} <= set(terms)
    assert all(1 <= weight <= 100 for weight in terms.values())
    assert all(1 <= len(term) <= MAX_WORD_LENGTH for term in terms)


@given(st.lists(st.text(max_size=9)), st.sampled_from(["\n", "\r\n", "\t", "\x0b", "\x85", "\u2028"]))
def test_words_on_lines_of_their_own_stay_apart(words: list[str], line_break: str) -> None:
    assert WORD.findall(fold(line_break.join(words))) == WORD.findall(fold(" ".join(words)))


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_ascii_fast_path_folds_like_the_slow_path(text: str) -> None:
    slow = fold(f"{text}\u200b")  # what is not plain takes the long way
    assert fold(text) == slow


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The VPN is down\nagain", ["vpn", "down", "again"]),
        ("Größe\tfalsch", ["grosse", "falsch"]),
        ("mail me: Ann.Lee@Example.com!", ["ann.lee@example.com", "mail"]),
        ("パスワード変更", ["ハス", "スワ", "ワー", "ート", "ト変", "変更"]),
        ("x 7 C", ["7"]),
        ("and OR not", []),
        ("' OR 1=1; --", ["1", "1"]),
        ('a*b:* (c|d) & !e <-> "f" 100%', ["100"]),
    ],
)
def test_query_words_are_literal(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "number"),
    [("T-123", 123), ("t123", 123), ("#123", 123), ("ticket 123", 123), ("Ticket T-9", 9), ("123", 123)],
)
def test_id_is_parsed_in_any_form(text: str, number: int) -> None:
    assert parse_query(text).number == number
    assert (parse_query(text).words == ()) == (text not in ("t123", "123"))


@given(st.integers(1, 12), st.data())
def test_every_match_has_one_of_the_rarest_words(count: int, data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(1, COUNT_LIMIT + 1), min_size=count, max_size=count))
    words = [QueryWord(f"w{place}", (), found) for place, found in enumerate(counts)]
    needed = required_matches(count)
    starts = {word.word for word in rarest_words(words, needed)}
    # A ticket with enough words has at least one of the rarest words.
    has = data.draw(st.permutations([word.word for word in words]))[:needed]
    assert starts & set(has)
    assert max(word.rarity for word in words) <= 11
    assert min(word.rarity for word in words) >= 1


@given(st.text("abcdefg", min_size=4, max_size=10), st.data())
def test_one_edit_is_always_corrected(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("hijk"))
    slips = [
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
    ]
    if place + 1 < len(word):
        slips.append(word[:place] + word[place + 1] + word[place] + word[place + 2 :])
    for slip in slips:
        assert is_one_edit_apart(slip, word)
        assert is_one_edit_apart(word, slip)
        assert closest_words(slip, ["zzzz", word]) == [word]


def test_trigrams_equal_pg_trgm() -> None:
    assert trigrams("cat") == {"  c", " ca", "cat", "at "}


@pytest.mark.parametrize("text", ["!!!", "the and or", "\u200b\u200b"])
async def test_query_without_words_is_refused_with_the_next_step(acme: Client, text: str) -> None:
    assert "query has only common words" in await refusal(acme, "search_tickets", query=text, limit=5)


@pytest.mark.parametrize(
    "text",
    [
        "printer' OR '1'='1", "printer & !laptop", "printer:*", '"printer" <-> "slow"', "printer; DROP TABLE tickets",
        "%", "printer%", "_rinter", "\\", "print\x00er", "printer\n--", "(((((", "NOT printer", "*", "printer~",
        "{{7*7}}", "𝓹𝓻𝓲𝓷𝓽𝓮𝓻", "ＰＲＩＮＴＥＲ", "'; SELECT pg_sleep(10); --",
    ],
)  # fmt: skip
async def test_operators_are_ignored(acme: Client, text: str) -> None:
    result = await acme.call_tool("search_tickets", {"query": text, "limit": 5})
    said = result.content[0].text  # type: ignore[union-attr]
    assert not result.is_error or "query has only common words" in said or said.startswith("Invalid arguments.")
    assert "syntax" not in said
    assert "tsquery" not in said


async def test_typo_is_corrected_with_a_notice(acme: Client) -> None:
    meant = await call(acme, "search_tickets", query="certificate", limit=10)
    slipped = await call(acme, "search_tickets", query="certifciate", limit=10)
    assert meant["items"]
    assert [one["id"] for one in slipped["items"]] == [one["id"] for one in meant["items"]]
    assert "notice" not in meant
    assert slipped["notice"] == 'No ticket has "certifciate"; searched "certificate" instead.'
    unknown = await call(acme, "search_tickets", query="certificate qqqqqqq", limit=10)
    assert unknown["notice"] == (
        'Searched: words certificate, qqqqqqq. No ticket has "qqqqqqq" or a similar word. The search left it out.'
    )
    nothing = await call(acme, "search_tickets", query="qqqqqqq", limit=10)
    assert (nothing["items"], nothing["notice"]) == ([], 'No ticket has "qqqqqqq" or a similar word.')
    assert meant["total"] == slipped["total"] > len(meant["items"])
    assert nothing["total"] == 0


def has(ticket: dict[str, Any], *words: str) -> bool:
    return any(word in ticket["title"].lower() for word in words)


async def test_title_words_rank_higher(acme: Client) -> None:
    found = (await call(acme, "search_tickets", query="parcel", limit=50))["items"]
    assert found[0]["score"] > 0
    assert all(has(ticket, "parcel") for ticket in found[:20])
