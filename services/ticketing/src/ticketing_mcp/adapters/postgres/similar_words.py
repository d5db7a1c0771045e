"""Words of a text in the tenant's vocabulary, in any form, and the closest words for those that no ticket has."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from asyncpg import Record

from servicekit.storage.postgres.database import Database
from ticketing_mcp.models.compared_text import ComparedText
from ticketing_mcp.models.search import COUNT_LIMIT, closest_words, is_correctable, is_one_edit_apart, trigrams
from ticketing_mcp.models.similarity import SharedWord
from ticketing_mcp.models.word_forms import forms_of

_MOST_CORRECTED = 6
"""Words that no ticket has, for which the closest are looked up."""
_MOST_FORMS = 4
"""Closest words taken for one."""
_LEAST_SHARE = 0.5
"""Share of trigrams that a longer word must have in common to be taken for another."""

# $2: a ticket that does not count. $3: granted queues; a word that only tickets of other queues have is unknown, unless
# it is frequent, which reveals nothing.
_COUNTED = f"""
CROSS JOIN (SELECT coalesce(max(number), 0) AS last FROM ticketing.tickets) AS newest
CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(few.number) AS first FROM (
        SELECT i.number FROM ticketing.ticket_terms AS i WHERE i.term_id = v.id AND i.number <> $2
        ORDER BY i.number DESC LIMIT {COUNT_LIMIT + 1}
    ) AS few
) AS c
WHERE c.count > 0 AND ($3::text[] IS NULL OR c.count > {COUNT_LIMIT} OR EXISTS (
    SELECT FROM ticketing.ticket_terms AS i
    WHERE i.term_id = v.id AND i.number <> $2 AND EXISTS (
        SELECT FROM ticketing.tickets AS t WHERE t.number = i.number AND t.queue_id = ANY ($3) OFFSET 0)
    OFFSET 0))
"""
FORMS = f"""
SELECT v.id, v.term, c.count, c.first, newest.last
FROM (SELECT id, term FROM ticketing.vocabulary WHERE term = ANY ($1::text[]) OFFSET 0) AS v
{_COUNTED}
"""
CLOSEST = f"""
SELECT near.word, v.id, v.term, c.count, c.first, newest.last
FROM (
    SELECT shared.word, shared.term_id,
        row_number() OVER (PARTITION BY shared.word ORDER BY shared.count DESC, shared.term_id) AS place
    FROM (
        SELECT g.word, t.term_id, count(*) AS count
        FROM unnest($1::text[], $4::text[]) AS g (word, trigram)
        CROSS JOIN LATERAL (
            SELECT term_id FROM ticketing.vocabulary_trigrams WHERE trigram = g.trigram OFFSET 0
        ) AS t
        GROUP BY g.word, t.term_id
    ) AS shared
) AS near
CROSS JOIN LATERAL (SELECT id, term FROM ticketing.vocabulary WHERE id = near.term_id OFFSET 0) AS v
{_COUNTED} AND near.place <= 20
"""


class SimilarWords:
    """Looks up the words of a text, without the ticket `other_than`, in queues that the caller may see."""

    def __init__(self, database: Database, other_than: int | None, queues: list[str] | None) -> None:
        self._database = database
        self._given = (other_than or 0, queues)

    async def shared(self, text: ComparedText) -> tuple[list[SharedWord], int]:
        """The words that tickets have, and how many they do not have."""
        known = await self._in_any_form(tuple(dict.fromkeys((*text.codes, *text.words))))
        words = text.with_codes(known)
        unknown = [word for word in words if word not in known and is_correctable(word)]
        if unknown:
            known |= await self._corrected(sorted(unknown, key=len, reverse=True)[:_MOST_CORRECTED])
        shared = [known[word] for word in words if word in known]
        return shared, len(words) - len(shared)

    async def _in_any_form(self, words: Sequence[str]) -> dict[str, SharedWord]:
        forms = {word: forms_of(word) for word in words}
        rows = await self._database.fetch(
            FORMS, sorted({form for these in forms.values() for form in these}), *self._given
        )
        counted = {row["term"]: row for row in rows}
        return {
            word: _shared(word, found)
            for word, these in forms.items()
            if (found := [counted[form] for form in these if form in counted])
        }

    async def _corrected(self, words: Sequence[str]) -> dict[str, SharedWord]:
        pairs = [(word, trigram) for word in words for trigram in sorted(trigrams(word))]
        of_words, of_trigrams = map(list, zip(*pairs, strict=True))
        rows = await self._database.fetch(CLOSEST, of_words, *self._given, of_trigrams)
        near: dict[str, dict[str, Record]] = defaultdict(dict)
        for row in rows:
            near[row["word"]][row["term"]] = row
        return {
            word: _shared(taken[0], [counted[term] for term in taken])
            for word, counted in near.items()
            if (taken := _taken_for(word, counted))
        }


def _shared(word: str, found: Sequence[Record]) -> SharedWord:
    return SharedWord(word, tuple(row["id"] for row in found), sum(map(_tickets_with, found)), found[0]["last"])


def _tickets_with(row: Record) -> int:
    """Tickets with a word: of a frequent one estimated by how many of the newest tickets have it."""
    count: int = row["count"]
    return count if count <= COUNT_LIMIT else count * row["last"] // (row["last"] - row["first"] + 1)


def _taken_for(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that the word may be a typing error of."""
    own = trigrams(word)
    return [
        candidate
        for candidate in closest_words(word, candidates, most=_MOST_FORMS)
        if is_one_edit_apart(word, candidate)
        or len(own & trigrams(candidate)) / len(own | trigrams(candidate)) >= _LEAST_SHARE
    ]
