"""Quoted phrases: the index finds tickets that have all words, and their texts show which have them in a row."""

from collections.abc import Mapping, Sequence
from typing import Final

from servicekit.core.off_loop import off_loop
from servicekit.storage.postgres.database import Database
from ticketing_mcp.models.query import contains

CHECKED_AT_ONCE: Final = (60, 140)
"""Tickets whose texts are read for one page, statement by statement: most phrases fill it with the first."""
_COMMENTS = 200  # of one ticket

TEXTS = f"""
SELECT t.number, ARRAY[t.title, t.body] || ARRAY(
    SELECT c.body FROM ticketing.comments AS c WHERE c.number = t.number ORDER BY c.sequence DESC LIMIT {_COMMENTS}
) AS texts
FROM unnest($1::integer[]) AS n (number)
CROSS JOIN LATERAL (SELECT number, title, body FROM ticketing.tickets AS t WHERE t.number = n.number OFFSET 0) AS t
"""


async def with_phrases(database: Database, numbers: Sequence[int], phrases: Sequence[Sequence[str]]) -> frozenset[int]:
    """Those of the tickets that have every phrase in a title, message or comment."""
    texts = {row["number"]: row["texts"] for row in await database.fetch(TEXTS, list(numbers))}
    size = sum(len(text) for one in texts.values() for text in one)
    return await off_loop(size, _having, texts, phrases)


def _having(texts: Mapping[int, Sequence[str]], phrases: Sequence[Sequence[str]]) -> frozenset[int]:
    return frozenset(number for number, one in texts.items() if all(contains(one, phrase) for phrase in phrases))
