"""Counts how often the right tool is among the first of a ranking."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .documents import Document
from .entries import Entry

Measure = Callable[[Sequence[str], Sequence[str]], np.ndarray]
"""Scores texts for requests: a row for each request, a column for each text, higher is better."""
_FUSION: Final = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)."""


@dataclass(frozen=True)
class Place:
    """Where the right tool of a request stands.

    Attributes:
        rank: 1 is the first.
        first: the tool in first place.
    """

    entry: Entry
    rank: int
    first: Document


@dataclass(frozen=True)
class Figure:
    """How many requests have the right tool first, and among the first three."""

    first: int
    third: int
    of: int

    def falls_below(self, bar: "Figure", margin: float) -> bool:
        """Whether either share is below the bar's by more than the margin."""
        return any(
            before / bar.of - now / self.of > margin + 1e-9
            for now, before in ((self.first, bar.first), (self.third, bar.third))
        )


def fuse(*measures: Measure) -> Measure:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank) over the measures."""

    def scores(requests: Sequence[str], texts: Sequence[str]) -> np.ndarray:
        return sum(1 / (_FUSION + _ranks(measure(requests, texts))) for measure in measures)

    return scores


def places(entries: Sequence[Entry], documents: Sequence[Document], measure: Measure) -> list[Place]:
    """Rank for each request those of the documents that a client has: the default lists, and the toolset of the right
    tool where it is another."""
    scores = measure([entry.request for entry in entries], [document.text for document in documents])
    scores = np.where([_has(entry, documents) for entry in entries], scores, -np.inf)
    return [
        Place(
            entry,
            min(int(rank) for rank, document in zip(ranks, documents, strict=True) if _is_right(entry, document)),
            documents[int(row.argmax())],
        )
        for entry, row, ranks in zip(entries, scores, _ranks(scores), strict=True)
    ]


def places_within_servers(entries: Sequence[Entry], documents: Sequence[Document], measure: Measure) -> list[Place]:
    """Rank the documents of its own server for each request, as for a client that connects to one server."""
    found = []
    for server in dict.fromkeys(document.server for document in documents):
        own = [entry for entry in entries if entry.server == server]
        found += places(own, [document for document in documents if document.server == server], measure)
    return found


def figure(found: Iterable[Place]) -> Figure:
    """Count the places."""
    ranks = [place.rank for place in found]
    return Figure(sum(rank == 1 for rank in ranks), sum(rank <= 3 for rank in ranks), len(ranks))


def _has(entry: Entry, documents: Sequence[Document]) -> list[bool]:
    """Which of the documents a client has that makes this request."""
    chosen = {(one.server, one.toolset) for one in documents if _is_right(entry, one)}
    return [one.toolset is None or (one.server, one.toolset) in chosen for one in documents]


def _is_right(entry: Entry, document: Document) -> bool:
    return document.server == entry.server and document.tool in entry.tools


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Texts with the same score share the last of their places, so that a tie is no success."""
    return (scores[:, None, :] >= scores[:, :, None]).sum(axis=2)
