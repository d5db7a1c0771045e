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
from ticketing_mcp.models.query import Query
from ticketing_mcp.models.search import (
    COUNT_LIMIT,
    EXACT,
    EXACT_PRIORITY,
    PREFIX,
    RARE,
    TYPO,
    QueryWord,
    TermMatch,
    best_corrections,
    closest_words,
    is_correctable,
    likely_correction,
    trigrams,
)
from ticketing_mcp.models.words import decides, is_single_unspaced
from ticketing_mcp.ports.search import Replaced

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

# $1: for each word its trigrams, with | between them.
SIMILAR_TERMS = f"""
SELECT w.position, v.id, v.term, {_COUNT}
FROM unnest($1::text[]) WITH ORDINALITY AS w (trigrams, position)
CROSS JOIN LATERAL (
    SELECT g.term_id, count(*) AS shared FROM ticketing.vocabulary_trigrams AS g
    WHERE g.trigram = ANY (string_to_array(w.trigrams, '|')) GROUP BY g.term_id
    ORDER BY shared DESC, g.term_id LIMIT 100
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
    """A query word with the vocabulary ids of its matches, and the tickets of each."""

    found: QueryWord
    ids: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def factors(self) -> tuple[int, ...]:
        """The factor of each match."""
        return tuple(meaning.factor for meaning in self.found.matches)


@dataclass(frozen=True, slots=True)
class ResolvedWords:
    """The query words that tickets have, and the words that did not match as given.

    Attributes:
        words: the words with their matches.
        corrected: replaced by similar words, because no ticket has them.
        widened: few tickets have them, so a likely correction also matches.
        unknown: no ticket has them or a similar word.
    """

    words: list[IndexedWord]
    corrected: list[Replaced]
    widened: list[Replaced]
    unknown: list[str]


class Vocabulary:
    """Looks up query words in the tenant's vocabulary."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def exact(self, words: Sequence[str]) -> list[IndexedWord]:
        """The words that occur in a ticket exactly as given."""
        return [known for known in await self._known(words, words) if known.found.count]

    async def resolve(self, query: Query) -> ResolvedWords:
        """Match each word exactly, as a prefix, or as a typo; a quoted one only exactly."""
        given = await self._as_given(query)
        rare = [
            known
            for known in given
            if known.found.count <= RARE and is_correctable(known.found.word) and known.found.word not in query.quoted
        ]
        corrections = await self._corrections(rare) if rare else {}
        resolved = ResolvedWords([], [], [], [])
        for known in given:
            word, count = known.found.word, known.found.count
            chosen = corrections.get(word, [])
            if chosen:
                replaced = Replaced(word, tuple(row["term"] for row in chosen))
                (resolved.widened if count else resolved.corrected).append(replaced)
                resolved.words.append(_with_typos(known, chosen))
            elif count:
                resolved.words.append(known)
            else:
                resolved.unknown.append(word)
        return resolved

    async def _as_given(self, query: Query) -> list[IndexedWord]:
        asked = list(dict.fromkeys([*query.words, *query.loose.values()]))
        lasts = [word if word in query.quoted or word in query.loose else _range_end(word) for word in asked]
        known = {one.found.word: one for one in map(_only_exact, await self._known(asked, lasts))}
        kept = [
            query.loose[word] if word in query.loose and not known[word].found.count else word for word in query.words
        ]
        return [known[word] for word in dict.fromkeys(kept)]

    async def _known(self, firsts: Sequence[str], lasts: Sequence[str]) -> list[IndexedWord]:
        by_position: dict[int, list[Record]] = defaultdict(list)
        for row in await self._visible(await self._database.fetch(TERM_MATCHES, firsts, lasts)):
            by_position[row["position"]].append(row)
        return [_indexed_word(word, by_position[position]) for position, word in enumerate(firsts, 1)]

    async def _corrections(self, rare: Sequence[IndexedWord]) -> dict[str, list[Record]]:
        """Vocabulary rows of likely corrections of words that no or few tickets have."""
        marked = ["|".join(sorted(trigrams(known.found.word))) for known in rare]
        near: dict[int, dict[str, Record]] = defaultdict(dict)
        for row in await self._database.fetch(SIMILAR_TERMS, marked):
            if row["count"]:
                near[row["position"]][row["term"]] = row
        candidates = await self._visible(
            [
                near[position][term]
                for position, known in enumerate(rare, 1)
                for term in closest_words(known.found.word, near[position], most=_MAX_CANDIDATES)
            ]
        )
        chosen = {}
        for position, known in enumerate(rare, 1):
            word, count = known.found.word, known.found.count
            counts = {row["term"]: row["count"] for row in candidates if row["position"] == position}
            own = {match.term for match in known.found.matches}
            likely = likely_correction(word, count, counts) if count else best_corrections(word, counts)
            chosen[word] = [near[position][term] for term in likely if term not in own]
        return chosen

    async def _visible(self, rows: Sequence[Record]) -> list[Record]:
        """Drop rare words that occur only in queues the caller may not see. Frequent words reveal nothing."""
        used, queues = [row for row in rows if row["count"]], await granted_queues(self._database)
        if queues is None:
            return used
        rare = [row["id"] for row in used if row["count"] <= COUNT_LIMIT]
        seen = {row["id"] for row in await self._database.fetch(VISIBLE_TERMS, rare, queues)}
        return [row for row in used if row["count"] > COUNT_LIMIT or row["id"] in seen]


def _range_end(word: str) -> str:
    """The last word of the range that is searched: only exact for short words, addresses and host names."""
    is_begun = len(word) >= _MIN_PREFIX and "@" not in word and "." not in word
    return word + LAST_CHARACTER if is_begun or is_single_unspaced(word) else word


def _only_exact(known: IndexedWord) -> IndexedWord:
    """A code or number that a ticket has means that one, and no longer one that begins with it."""
    word = known.found.word
    rows = [(place, match) for place, match in enumerate(known.found.matches) if match.term == word]
    if not rows or not decides(word):
        return known
    ((place, match),) = rows
    found = replace(known.found, matches=(match,), count=known.counts[place])
    return IndexedWord(found, (known.ids[place],), (known.counts[place],))


def _with_typos(known: IndexedWord, rows: Sequence[Record]) -> IndexedWord:
    typos = _indexed_word(known.found.word, rows, TYPO)
    exact = tuple(replace(match, factor=EXACT_PRIORITY * match.factor) for match in known.found.matches)
    count = min(COUNT_LIMIT + 1, known.found.count + typos.found.count)
    found = QueryWord(known.found.word, (*exact, *typos.found.matches), count)
    return IndexedWord(found, (*known.ids, *typos.ids), (*known.counts, *typos.counts))


def _indexed_word(word: str, rows: Sequence[Record], factor: int = PREFIX) -> IndexedWord:
    matches = tuple(TermMatch(row["term"], EXACT if row["term"] == word else factor) for row in rows)
    counts = tuple(row["count"] for row in rows)
    return IndexedWord(
        QueryWord(word, matches, min(COUNT_LIMIT + 1, sum(counts))), tuple(row["id"] for row in rows), counts
    )
