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
    BEGINNING,
    COUNTED,
    EXACT,
    FEW,
    OWN,
    SLIP,
    Meaning,
    WordFound,
    closest,
    likelier,
    may_be_a_slip,
    trigrams,
)

_COUNT = f"""
(SELECT count(*) FROM (
    SELECT FROM ticketing.ticket_terms AS i WHERE i.term_id = v.id LIMIT {COUNTED + 1}) AS few) AS count"""

MEANINGS = f"""
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

ALIKE = f"""
SELECT v.id, v.term, {_COUNT}
FROM (
    SELECT g.term_id, count(*) AS shared FROM ticketing.vocabulary_trigrams AS g
    WHERE g.trigram = ANY ($1) GROUP BY g.term_id ORDER BY shared DESC, g.term_id LIMIT 100
) AS near
CROSS JOIN LATERAL (SELECT id, term FROM ticketing.vocabulary WHERE id = near.term_id OFFSET 0) AS v
"""

# Which of some words, none of them frequent, stand in a ticket of these queues.
SEEN = """
SELECT v.id FROM unnest($1::integer[]) AS v (id)
WHERE EXISTS (
    SELECT FROM ticketing.ticket_terms AS i
    WHERE i.term_id = v.id AND EXISTS (
        SELECT FROM ticketing.tickets AS t WHERE t.number = i.number AND t.queue_id = ANY ($2) OFFSET 0)
    OFFSET 0)
"""

_NEAR = 16
"""Words like another one that are looked at closely."""
_LEAST_BEGINNING = 3
"""Letters of a word that may be the beginning of others."""


@dataclass(frozen=True, slots=True)
class KnownWord:
    """A word of a query, with the ids of its meanings."""

    found: WordFound
    ids: tuple[int, ...]

    @property
    def factors(self) -> tuple[int, ...]:
        """What each meaning counts."""
        return tuple(meaning.factor for meaning in self.found.meanings)


@dataclass(frozen=True, slots=True)
class Understood:
    """The words of a query that tickets have, and the places, from 1, of words that were not simply taken as they are.

    Attributes:
        words: with their meanings.
        corrected: no ticket has it; others were taken.
        widened: few tickets have it; another was taken as well.
        unknown: no ticket has it, nor one like it.
    """

    words: list[KnownWord]
    corrected: list[int]
    widened: list[int]
    unknown: list[int]


class Vocabulary:
    """Words and their meanings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def exact(self, words: Sequence[str]) -> list[KnownWord]:
        """Those of `words` that some ticket has, as they stand."""
        return [known for known in await self._known(words, words) if known.found.count]

    async def understood(self, words: Sequence[str]) -> Understood:
        """What each of `words` may stand for."""
        understood = Understood([], [], [], [])
        for place, known in enumerate(await self._known(words, [_last(word) for word in words]), 1):
            count, one = known.found.count, known
            if count <= FEW and may_be_a_slip(known.found.word):
                one = await self._widened(known)
                if one.found.count > count:
                    (understood.widened if count else understood.corrected).append(place)
            if one.found.count:
                understood.words.append(one)
            else:
                understood.unknown.append(place)
        return understood

    async def _known(self, firsts: Sequence[str], lasts: Sequence[str]) -> list[KnownWord]:
        by_place: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
        for row in await self._may_know(await self._database.fetch(MEANINGS, firsts, lasts)):
            by_place[row["place"]].append((row["id"], row["term"], row["count"]))
        return [_word(word, by_place[place]) for place, word in enumerate(firsts, 1)]

    async def _widened(self, known: KnownWord) -> KnownWord:
        """A word that no ticket has, or few, with those that it may be a slip for."""
        word, count = known.found.word, known.found.count
        rows = {row["term"]: row for row in await self._database.fetch(ALIKE, sorted(trigrams(word))) if row["count"]}
        near = await self._may_know([rows[term] for term in closest(word, rows, most=_NEAR)])
        counts = {row["term"]: row["count"] for row in near}
        chosen = [rows[term] for term in (likelier(word, count, counts) if count else closest(word, counts))]
        slips = _word(word, [(row["id"], row["term"], row["count"]) for row in chosen], SLIP)
        own = tuple(replace(meaning, factor=OWN * meaning.factor) for meaning in known.found.meanings)
        both = WordFound(word, (*own, *slips.found.meanings), min(COUNTED + 1, count + slips.found.count))
        return KnownWord(both, (*known.ids, *slips.ids)) if chosen else known

    async def _may_know(self, rows: Sequence[Record]) -> list[Record]:
        """The words that tickets have, of those that the caller may see. A frequent word is no secret."""
        used, queues = [row for row in rows if row["count"]], granted_queues()
        if queues is None:
            return used
        rare = [row["id"] for row in used if row["count"] <= COUNTED]
        seen = {row["id"] for row in await self._database.fetch(SEEN, rare, queues)}
        return [row for row in used if row["count"] > COUNTED or row["id"] in seen]


def _last(word: str) -> str:
    return word + LAST_CHARACTER if len(word) >= _LEAST_BEGINNING and "@" not in word else word


def _word(word: str, rows: Sequence[tuple[int, str, int]], factor: int = BEGINNING) -> KnownWord:
    meanings = tuple(Meaning(term, EXACT if term == word else factor) for _, term, _ in rows)
    count = min(COUNTED + 1, sum(count for _, _, count in rows))
    return KnownWord(WordFound(word, meanings, count), tuple(identifier for identifier, _, _ in rows))
