"""Keeping the words of a ticket: new ones enter the tenant's vocabulary, and its index is written."""

from collections.abc import Iterable

from servicekit.storage.postgres import Database
from ticketing_mcp.models.search import IN_COMMENTS, is_correctable, trigrams

# In order, so that two transactions that bring the same new words wait for each other instead of both for the other.
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
# A word that a comment has too stays, with what it weighs there.
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
    """The index of words, in the transaction of the call. The ticket is locked, or new."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, number: int, terms: dict[str, int], *, anew: bool = False) -> None:
        """Make a ticket findable by these words and weights; `anew` where it has others already."""
        await self._extend_vocabulary(terms)
        if anew:
            await self._database.fetch(DELETE_TERMS, number)
            await self._database.fetch(DEMOTE_TERMS, number)
        await self._database.fetch(UPSERT_TERMS, number, list(terms), list(terms.values()))

    async def add(self, number: int, words: list[str]) -> None:
        """Make a ticket findable by the words of a comment as well."""
        await self._extend_vocabulary(words)
        await self._database.fetch(UPSERT_COMMENT_TERMS, number, words)

    async def _extend_vocabulary(self, words: Iterable[str]) -> None:
        made = await self._database.fetch(INSERT_WORDS, list(words))
        pairs = [
            (trigram, row["id"])
            for row in made
            if is_correctable(row["term"])
            for trigram in sorted(trigrams(row["term"]))
        ]
        if pairs:
            await self._database.fetch(INSERT_TRIGRAMS, *map(list, zip(*pairs, strict=True)))
