"""Refusals of unknown names: which existing names they give, and what they never show."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.schema import cut_notice, unknown_value
from servicekit.schema.unknown_values import MOST_COMPARED, nearest

QUEUES = {
    "it-support": "IT support",
    "billing": "Billing",
    "hr": "People",
    "legal": "Law",
    "ops": "Operations",
    "x1": "",
}
PEOPLE = {"u-17": "Hana Novák", "u-18": "Jürgen Groß", "u-19": "佐藤花子", **{f"v-{n}": f"P{n}" for n in range(9)}}


@pytest.mark.parametrize(
    ("given_name", "known", "first"),
    [
        ("it", QUEUES, "it-support"),
        ("IT Support", QUEUES, "it-support"),
        ("biling", QUEUES, "billing"),
        ("invoices-billing", QUEUES, "billing"),
        ("operations", QUEUES, "ops"),
        ("hana", PEOPLE, "u-17"),
        ("novak", PEOPLE, "u-17"),
        ("jurgen.gross", PEOPLE, "u-18"),
        ("佐藤", PEOPLE, "u-19"),
        ("GPB", ["EUR", "USD", "GBP", "KWD", "JPY", "CHF", "SEK"], "GBP"),
        ("LMP-042", [f"LMP-{number:04}" for number in range(60)], "LMP-0042"),
        ("mian", [*(f"feature/{number}" for number in range(30)), "main"], "main"),
    ],
)
def test_the_nearest_name_comes_first(given_name: str, known: dict[str, str] | list[str], first: str) -> None:
    assert nearest(given_name, known)[0] == first


def test_few_names_are_all_given_and_many_only_if_similar() -> None:
    assert nearest("zzz", ["a1", "b2"]) == ["a1", "b2"]
    assert nearest("zzz", ["a1", "b2"], only_similar=True) == []
    assert nearest("zzz", [f"name-{number}" for number in range(20)]) == []
    assert len(nearest("name", [f"name-{number}" for number in range(20)])) == 5


def test_the_refusal_says_what_is_near_and_what_comes_next() -> None:
    text = str(unknown_value("queue_id", "queue", "it", QUEUES, "list_queues lists them."))
    assert text == "There is no queue `it` (queue_id). Nearest: it-support. list_queues lists them."
    assert str(unknown_value("label", "label", "q", [], "Add one.")) == "There is no label `q` (label). Add one."


@pytest.mark.parametrize("value", ["two words", "<b>", "a\nb", "x" * 65, "[a](//b)", "", "\u202eevil", "-flag"])
def test_only_plain_identifiers_are_repeated(value: str) -> None:
    assert str(unknown_value("label", "label", value, [], "")) == "There is no label of that name (label)."


@pytest.mark.parametrize(
    "name", ["a\u200bb", "[x](http://evil)", "![x](y)", "<img>", "a\nb", "http://evil", "x" * 81, "a`b", "\u3164", ""]
)
def test_names_that_could_mislead_are_not_shown(name: str) -> None:
    assert nearest("a", [name, "fine"]) == ["fine"]


@given(st.text(max_size=100), st.lists(st.text(max_size=100), max_size=8))
def test_any_names_make_a_refusal(value: str, known: list[str]) -> None:
    text = str(unknown_value("name", "thing", value, known, "Next."))
    assert text.startswith("There is no thing ")
    assert text.endswith("Next.")
    assert "\n" not in text
    assert set(nearest(value, known)) <= set(known)


def test_many_long_names_are_compared_in_bounded_time() -> None:
    names = (("ab" * 40)[:70] + f"{number:06}" for number in range(100 * MOST_COMPARED))
    started = time.process_time()
    nearest("ba" * 20_000, names)
    assert time.process_time() - started < 5


def test_a_cut_says_how_much_is_shown_and_the_way_on() -> None:
    assert cut_notice(5, 9, "windows", "Go on.") == "Cut: the first 5 of 9 windows are shown. Go on."
    assert cut_notice(5, None, "jobs", "Go on.") == "Cut: the first 5 jobs are shown; there are more. Go on."
