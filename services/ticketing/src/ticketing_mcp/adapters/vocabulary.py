"""The tenant's own words: what a word of a query may stand for, and how many tickets have it.

Each search reads indexes by `=`, `<` and `>` alone, which is what row-level security leaves usable (decisions/0003).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asyncpg import Record

from servicekit.storage.postgres import Database
from servicekit.storage.search_terms import LAST_CHARACTER
from ticketing_mcp.adapters.ticket_queries import granted_queues
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
SELECT w.place, v.id, v.term, {_COUNT}
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (first, last, place)
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

# Which of some words, none of them frequent, stand in a ticket of these queues.
VISIBLE_TERMS = """
SELECT v.id FROM unnest($1::integer[]) AS v (id)
WHERE EXISTS (
    SELECT FROM ticketing.ticket_terms AS i
    WHERE i.term_id = v.id AND EXISTS (
        SELECT FROM ticketing.tickets AS t WHERE t.number = i.number AND t.queue_id = ANY ($2) OFFSET 0)
    OFFSET 0)
"""

_MAX_CANDIDATES = 16
"""Words like another one that are looked at closely."""
_MIN_PREFIX = 3
"""Letters of a word that may be the beginning of others."""


@dataclass(frozen=True, slots=True)
class IndexedWord:
    """A word of a query, with the ids of its meanings."""

    found: QueryWord
    ids: tuple[int, ...]

    @property
    def factors(self) -> tuple[int, ...]:
        """What each meaning counts."""
        return tuple(meaning.factor for meaning in self.found.matches)


@dataclass(frozen=True, slots=True)
class ResolvedWords:
    """The words of a query that tickets have, and the places, from 1, of words that were not simply taken as they are.

    Attributes:
        words: with their meanings.
        corrected: no ticket has it; others were taken.
        widened: few tickets have it; another was taken as well.
        unknown: no ticket has it, nor one like it.
    """

    words: list[IndexedWord]
    corrected: list[int]
    widened: list[int]
    unknown: list[int]


class Vocabulary:
    """Words and their meanings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def exact(self, words: Sequence[str]) -> list[IndexedWord]:
        """Those of `words` that some ticket has, as they stand."""
        return [known for known in await self._known(words, words) if known.found.count]

    async def resolve(self, words: Sequence[str]) -> ResolvedWords:
        """What each of `words` may stand for."""
        understood = ResolvedWords([], [], [], [])
        for place, known in enumerate(await self._known(words, [_range_end(word) for word in words]), 1):
            count, one = known.found.count, known
            if count <= RARE and is_correctable(known.found.word):
                one = await self._with_corrections(known)
                if one.found.count > count:
                    (understood.widened if count else understood.corrected).append(place)
            if one.found.count:
                understood.words.append(one)
            else:
                understood.unknown.append(place)
        return understood

    async def _known(self, firsts: Sequence[str], lasts: Sequence[str]) -> list[IndexedWord]:
        by_place: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
        for row in await self._visible(await self._database.fetch(TERM_MATCHES, firsts, lasts)):
            by_place[row["place"]].append((row["id"], row["term"], row["count"]))
        return [_indexed_word(word, by_place[place]) for place, word in enumerate(firsts, 1)]

    async def _with_corrections(self, known: IndexedWord) -> IndexedWord:
        """A word that no ticket has, or few, with those that it may be a slip for."""
        word, count = known.found.word, known.found.count
        rows = {
            row["term"]: row
            for row in await self._database.fetch(SIMILAR_TERMS, sorted(trigrams(word)))
            if row["count"]
        }
        near = await self._visible([rows[term] for term in closest_words(word, rows, most=_MAX_CANDIDATES)])
        counts = {row["term"]: row["count"] for row in near}
        chosen = [
            rows[term] for term in (likely_correction(word, count, counts) if count else closest_words(word, counts))
        ]
        slips = _indexed_word(word, [(row["id"], row["term"], row["count"]) for row in chosen], TYPO)
        own = tuple(replace(meaning, factor=EXACT_PRIORITY * meaning.factor) for meaning in known.found.matches)
        both = QueryWord(word, (*own, *slips.found.matches), min(COUNT_LIMIT + 1, count + slips.found.count))
        return IndexedWord(both, (*known.ids, *slips.ids)) if chosen else known

    async def _visible(self, rows: Sequence[Record]) -> list[Record]:
        """The words that tickets have, of those that the caller may see. A frequent word is no secret."""
        used, queues = [row for row in rows if row["count"]], granted_queues()
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
