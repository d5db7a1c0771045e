"""Writes the search index: the tenant's vocabulary and the terms of each ticket."""

from collections.abc import Iterable

from asyncpg import Record

from servicekit.storage.postgres.database import Database
from ticketing_mcp.models.search import is_correctable, trigrams
from ticketing_mcp.models.words import IN_COMMENTS

# ORDER BY avoids deadlocks between transactions that insert the same new words.
INSERT_WORDS = """
INSERT INTO ticketing.vocabulary (tenant_id, term)
SELECT current_setting('app.tenant'), w.term FROM unnest($1::text[]) AS w (term) ORDER BY w.term
ON CONFLICT (tenant_id, term) DO NOTHING
RETURNING id, term
"""
INSERT_TRIGRAMS = """
INSERT INTO ticketing.vocabulary_trigrams (tenant_id, trigram, term_id)
SELECT current_setting('app.tenant'), g.trigram, g.term_id
FROM unnest($1::text[], $2::integer[]) AS g (trigram, term_id)
"""
# Words that comments have too stay, with the weight of a comment.
DELETE_TERMS = "DELETE FROM ticketing.ticket_terms WHERE number = $1 AND NOT in_comments"
DEMOTE_TERMS = f"UPDATE ticketing.ticket_terms SET weight = {IN_COMMENTS} WHERE number = $1 AND weight <> {IN_COMMENTS}"
UPSERT_TERMS = """
INSERT INTO ticketing.ticket_terms (tenant_id, number, term_id, weight)
SELECT current_setting('app.tenant'), $1, v.id, w.weight
FROM unnest($2::text[], $3::smallint[]) AS w (term, weight)
CROSS JOIN LATERAL (SELECT id FROM ticketing.vocabulary WHERE term = w.term OFFSET 0) AS v
ON CONFLICT (tenant_id, number, term_id) DO UPDATE SET weight = excluded.weight
"""
UPSERT_COMMENT_TERMS = f"""
INSERT INTO ticketing.ticket_terms AS i (tenant_id, number, term_id, weight, in_comments)
SELECT current_setting('app.tenant'), $1, v.id, {IN_COMMENTS}, true
FROM unnest($2::text[]) AS w (term)
CROSS JOIN LATERAL (SELECT id FROM ticketing.vocabulary WHERE term = w.term OFFSET 0) AS v
ON CONFLICT (tenant_id, number, term_id) DO UPDATE SET in_comments = true WHERE NOT i.in_comments
"""


class TermIndex:
    """Writes index rows of a ticket that is new or locked, in the transaction of the call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, number: int, terms: dict[str, int], *, replace: bool = False) -> None:
        """Index the words of title, body and requester with their weights; `replace` removes the previous ones."""
        await self._extend_vocabulary(terms)
        if replace:
            await self._database.fetch(DELETE_TERMS, number)
            await self._database.fetch(DEMOTE_TERMS, number)
        await self._database.fetch(UPSERT_TERMS, number, list(terms), list(terms.values()))

    async def add(self, number: int, words: list[str]) -> None:
        """Index the words of a comment."""
        await self._extend_vocabulary(words)
        await self._database.fetch(UPSERT_COMMENT_TERMS, number, words)

    async def _extend_vocabulary(self, words: Iterable[str]) -> None:
        inserted = await self._database.fetch(INSERT_WORDS, list(words))
        pairs = trigram_rows(inserted)
        if pairs:
            await self._database.fetch(INSERT_TRIGRAMS, *map(list, zip(*pairs, strict=True)))


def trigram_rows(inserted: Iterable[Record]) -> list[tuple[str, int]]:
    """The trigrams of new words, with the id of their word."""
    return [
        (trigram, row["id"])
        for row in inserted
        if is_correctable(row["term"])
        for trigram in sorted(trigrams(row["term"]))
    ]
