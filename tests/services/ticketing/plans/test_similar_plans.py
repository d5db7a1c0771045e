"""Statements that find similar tickets use an index."""

from datetime import UTC, datetime
from typing import Any

import pytest

from servicekit.core.caller import acting_as
from servicekit.storage.postgres.database import Database
from tests.services.ticketing.scene import ACME
from ticketing_mcp.adapters.postgres import (
    similar_words,
)
from ticketing_mcp.adapters.postgres.similar_tickets import similar_statement
from ticketing_mcp.adapters.postgres.similar_words import SimilarWords
from ticketing_mcp.models.compared_text import compared_text
from ticketing_mcp.models.search import trigrams
from ticketing_mcp.models.similarity import compare_by
from ticketing_mcp.models.word_forms import forms_of

from .large_data import WALKED, refuse

pytestmark = pytest.mark.slow

BODY = "Since Monday my printer shows a black screen. The certificate seems to have expired in Malmö."


@pytest.mark.parametrize("since", [None, datetime(2026, 5, 1, tzinfo=UTC)], ids=["any time", "recent"])
@pytest.mark.parametrize("queues", [None, ["billing"]], ids=["every queue", "one granted"])
async def test_similar_tickets_use_an_index(
    reader: Any, database: Database, queues: list[str] | None, since: datetime | None
) -> None:
    with acting_as(ACME):
        shared, unknown = await SimilarWords(database, 7, queues).shared(compared_text(BODY))
    assert len(shared) > 3
    await refuse(reader, *similar_statement(compare_by(shared, unknown), queues, 10, 7, since))


@pytest.mark.parametrize("queues", [None, ["billing"]], ids=["every queue", "one granted"])
async def test_words_of_a_text_use_an_index(reader: Any, queues: list[str] | None) -> None:
    forms = [form for word in compared_text(BODY).words for form in forms_of(word)]
    await refuse(reader, similar_words.FORMS, [forms, 7, queues], WALKED)
    pairs = [(word, trigram) for word in ("prnter", "certifciate") for trigram in sorted(trigrams(word))]
    words, of_words = map(list, zip(*pairs, strict=True))
    await refuse(reader, similar_words.CLOSEST, [words, 7, queues, of_words], WALKED)
