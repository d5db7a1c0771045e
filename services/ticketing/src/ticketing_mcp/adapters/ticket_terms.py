"""Keeping the words of a ticket: new ones enter the tenant's vocabulary, and its index is written."""

from servicekit.database import Database
from ticketing_mcp.models.search import may_be_a_slip, trigrams

# In order, so that two transactions that bring the same new words wait for each other instead of both for the other.
NEW_WORDS = """
INSERT INTO ticketing.vocabulary (tenant_id, term)
SELECT current_setting('app.tenant'), w.term FROM unnest($1::text[]) AS w (term) ORDER BY w.term
ON CONFLICT (tenant_id, term) DO NOTHING
RETURNING id, term
"""
NEW_TRIGRAMS = """
INSERT INTO ticketing.vocabulary_trigrams (tenant_id, trigram, term_id)
SELECT current_setting('app.tenant'), g.trigram, g.term_id
FROM unnest($1::text[], $2::integer[]) AS g (trigram, term_id)
"""
FORGET = "DELETE FROM ticketing.ticket_terms WHERE number = $1"
KEEP = """
INSERT INTO ticketing.ticket_terms (tenant_id, number, term_id, weight)
SELECT current_setting('app.tenant'), $1, v.id, w.weight
FROM unnest($2::text[], $3::smallint[]) AS w (term, weight)
CROSS JOIN LATERAL (SELECT id FROM ticketing.vocabulary WHERE term = w.term OFFSET 0) AS v
"""


class TermWrites:
    """The index of words, in the transaction of the call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, number: int, terms: dict[str, int], *, anew: bool = False) -> None:
        """Make a ticket findable by these words and weights; `anew` where it has others already."""
        made = await self._database.fetch(NEW_WORDS, list(terms))
        pairs = [
            (trigram, row["id"])
            for row in made
            if may_be_a_slip(row["term"])
            for trigram in sorted(trigrams(row["term"]))
        ]
        if pairs:
            await self._database.fetch(NEW_TRIGRAMS, *map(list, zip(*pairs, strict=True)))
        if anew:
            await self._database.fetch(FORGET, number)
        await self._database.fetch(KEEP, number, list(terms), list(terms.values()))
