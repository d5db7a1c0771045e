"""Ranks of the right tool, and figures against a bar."""

from collections.abc import Sequence

import numpy as np
import pytest

from .documents import Document
from .entries import Entry
from .measures import Figure, Measure, figure, fuse, places, places_within_servers

DOCUMENTS = [
    Document("orders", "get_order", "a"),
    Document("orders", "get_stock", "b"),
    Document("github", "get_me", "c"),
]


def request(server: str, *tools: str) -> Entry:
    return Entry("Words", server, tools, {}, hard=False, kind="plain", part="seen")


def scoring(**scores: float) -> Measure:
    def measure(requests: Sequence[str], texts: Sequence[str]) -> np.ndarray:
        return np.array([[scores[text] for text in texts]] * len(requests))

    return measure


_RISING = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}


def test_the_best_score_has_the_first_place() -> None:
    entries = [request("orders", "get_stock"), request("github", "get_me"), request("orders", "get_order")]
    found = places(entries, DOCUMENTS, scoring(a=1, b=3, c=2))
    assert [place.rank for place in found] == [1, 2, 3]
    assert {place.first.tool for place in found} == {"get_stock"}


def test_a_tie_is_no_success() -> None:
    (found,) = places([request("orders", "get_order")], DOCUMENTS, scoring(a=0, b=0, c=0))
    assert found.rank == 3


def test_the_better_of_two_right_tools_counts() -> None:
    (found,) = places([request("orders", "get_order", "get_stock")], DOCUMENTS, scoring(a=1, b=3, c=2))
    assert found.rank == 1


def test_a_server_is_ranked_on_its_own() -> None:
    entries = [request("orders", "get_order"), request("github", "get_me")]
    found = places_within_servers(entries, DOCUMENTS, scoring(a=1, b=3, c=2))
    assert [place.rank for place in found] == [2, 1]


def test_a_toolset_counts_only_where_the_right_tool_is_in_it() -> None:
    more = [*DOCUMENTS, Document("orders", "get_refund", "d", "refunds")]
    first, refund = places([request("orders", "get_order"), request("orders", "get_refund")], more, scoring(**_RISING))
    assert (first.rank, first.first.tool) == (3, "get_me")
    assert (refund.rank, refund.first.tool) == (1, "get_refund")


def test_fusion_prefers_what_both_measures_rank_high() -> None:
    both = fuse(scoring(a=9, b=8, c=7, d=6), scoring(a=6, b=8, c=7, d=9))
    assert both(["Words"], ["a", "b", "c", "d"])[0].argmax() == 1


def test_the_figure_counts_first_and_third_places() -> None:
    entries = [request("orders", "get_stock"), request("orders", "get_order"), request("github", "get_me")]
    assert figure(places(entries, DOCUMENTS, scoring(a=2, b=3, c=1))) == Figure(first=1, third=3, of=3)


@pytest.mark.parametrize(
    ("now", "below"),
    [
        (Figure(50, 80, 100), False),
        (Figure(45, 75, 100), False),
        (Figure(44, 80, 100), True),
        (Figure(90, 74, 100), True),
    ],
)
def test_the_bar_leaves_a_margin(now: Figure, below: bool) -> None:
    assert now.falls_below(Figure(50, 80, 100), 0.05) is below
