"""Matches query words with the tenant's vocabulary: exact words, prefixes and likely corrections.

Statements use only `=`, `<` and `>`, the index operators that work under row-level security (docs/decisions/0003).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asyncpg import Record

from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.models.search import (
    COUNT_LIMIT,
    EXACT,
    EXACT_PRIORITY,
    PREFIX,
    RARE,
    TYPO,
    QueryWord,
    TermMatch,
    closest_words,
    is_correctable,
    likely_correction,
    trigrams,
)

_COUNT = f"""
(SELECT count(*) FROM (
    SELECT FROM ticketing.ticket_terms AS i WHERE i.term_id = v.id LIMIT {COUNT_LIMIT + 1}) AS few) AS count"""

TERM_MATCHES = f"""
SELECT w.position, v.id, v.term, {_COUNT}
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (first, last, position)
CROSS JOIN LATERAL (
    SELECT near.id, near.term
    FROM (
        SELECT id, term FROM ticketing.vocabulary WHERE term >= w.first AND term <= w.last
        ORDER BY term LIMIT 100 OFFSET 0
    ) AS near
    ORDER BY length(near.term), near.term LIMIT 6
) AS v
"""

SIMILAR_TERMS = f"""
SELECT v.id, v.term, {_COUNT}
FROM (
    SELECT g.term_id, count(*) AS shared FROM ticketing.vocabulary_trigrams AS g
    WHERE g.trigram = ANY ($1) GROUP BY g.term_id ORDER BY shared DESC, g.term_id LIMIT 100
) AS near
CROSS JOIN LATERAL (SELECT id, term FROM ticketing.vocabulary WHERE id = near.term_id OFFSET 0) AS v
"""

# Which of some rare words occur in a ticket of these queues.
VISIBLE_TERMS = """
SELECT v.id FROM unnest($1::integer[]) AS v (id)
WHERE EXISTS (
    SELECT FROM ticketing.ticket_terms AS i
    WHERE i.term_id = v.id AND EXISTS (
        SELECT FROM ticketing.tickets AS t WHERE t.number = i.number AND t.queue_id = ANY ($2) OFFSET 0)
    OFFSET 0)
"""

_MAX_CANDIDATES = 16
"""Most similar words considered as corrections."""
_MIN_PREFIX = 3
"""Shortest word that matches as a prefix."""


@dataclass(frozen=True, slots=True)
class IndexedWord:
    """A query word with the vocabulary ids of its matches."""

    found: QueryWord
    ids: tuple[int, ...]

    @property
    def factors(self) -> tuple[int, ...]:
        """The factor of each match."""
        return tuple(meaning.factor for meaning in self.found.matches)


@dataclass(frozen=True, slots=True)
class ResolvedWords:
    """The query words that tickets have, and the positions (from 1) of words that did not match as given.

    Attributes:
        words: the words with their matches.
        corrected: replaced by similar words, because no ticket has them.
        widened: few tickets have them, so a likely correction also matches.
        unknown: no ticket has them or a similar word.
    """

    words: list[IndexedWord]
    corrected: list[int]
    widened: list[int]
    unknown: list[int]


class Vocabulary:
    """Looks up query words in the tenant's vocabulary."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def exact(self, words: Sequence[str]) -> list[IndexedWord]:
        """The words that occur in a ticket exactly as given."""
        return [known for known in await self._known(words, words) if known.found.count]

    async def resolve(self, words: Sequence[str]) -> ResolvedWords:
        """Match each word exactly, as a prefix, or as a typo."""
        resolved = ResolvedWords([], [], [], [])
        for position, known in enumerate(await self._known(words, [_range_end(word) for word in words]), 1):
            count, matched = known.found.count, known
            if count <= RARE and is_correctable(known.found.word):
                matched = await self._with_corrections(known)
                if matched.found.count > count:
                    (resolved.widened if count else resolved.corrected).append(position)
            if matched.found.count:
                resolved.words.append(matched)
            else:
                resolved.unknown.append(position)
        return resolved

    async def _known(self, firsts: Sequence[str], lasts: Sequence[str]) -> list[IndexedWord]:
        by_position: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
        for row in await self._visible(await self._database.fetch(TERM_MATCHES, firsts, lasts)):
            by_position[row["position"]].append((row["id"], row["term"], row["count"]))
        return [_indexed_word(word, by_position[position]) for position, word in enumerate(firsts, 1)]

    async def _with_corrections(self, known: IndexedWord) -> IndexedWord:
        """Add likely corrections to a word that no or few tickets have."""
        word, count = known.found.word, known.found.count
        rows = {
            row["term"]: row
            for row in await self._database.fetch(SIMILAR_TERMS, sorted(trigrams(word)))
            if row["count"]
        }
        candidates = await self._visible([rows[term] for term in closest_words(word, rows, most=_MAX_CANDIDATES)])
        counts = {row["term"]: row["count"] for row in candidates}
        chosen = [
            rows[term] for term in (likely_correction(word, count, counts) if count else closest_words(word, counts))
        ]
        typos = _indexed_word(word, [(row["id"], row["term"], row["count"]) for row in chosen], TYPO)
        exact_matches = tuple(
            replace(meaning, factor=EXACT_PRIORITY * meaning.factor) for meaning in known.found.matches
        )
        combined = QueryWord(
            word, (*exact_matches, *typos.found.matches), min(COUNT_LIMIT + 1, count + typos.found.count)
        )
        return IndexedWord(combined, (*known.ids, *typos.ids)) if chosen else known

    async def _visible(self, rows: Sequence[Record]) -> list[Record]:
        """Drop rare words that occur only in queues the caller may not see. Frequent words reveal nothing."""
        used, queues = [row for row in rows if row["count"]], await granted_queues(self._database)
        if queues is None:
            return used
        rare = [row["id"] for row in used if row["count"] <= COUNT_LIMIT]
        seen = {row["id"] for row in await self._database.fetch(VISIBLE_TERMS, rare, queues)}
        return [row for row in used if row["count"] > COUNT_LIMIT or row["id"] in seen]


def _range_end(word: str) -> str:
    return word + LAST_CHARACTER if len(word) >= _MIN_PREFIX and "@" not in word else word


def _indexed_word(word: str, rows: Sequence[tuple[int, str, int]], factor: int = PREFIX) -> IndexedWord:
    matches = tuple(TermMatch(term, EXACT if term == word else factor) for _, term, _ in rows)
    count = min(COUNT_LIMIT + 1, sum(count for _, _, count in rows))
    return IndexedWord(QueryWord(word, matches, count), tuple(identifier for identifier, _, _ in rows))
