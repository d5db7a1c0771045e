"""Ranks by shared words: BM25, as clients with a search over many tools use it."""

import re
from collections.abc import Sequence
from typing import Final

import bm25s
import numpy as np
import Stemmer
from bm25s.stopwords import STOPWORDS_EN_PLUS

_WORD: Final = re.compile(r"\w+")
_STOPWORDS: Final = frozenset(STOPWORDS_EN_PLUS)
_STEMMER: Final = Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """Stems of the words, in lower case, without the most frequent words of English."""
    stems: list[str] = _STEMMER.stemWords([word for word in _WORD.findall(text.lower()) if word not in _STOPWORDS])
    return stems


def scores(requests: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """A row for each request, a column for each text. A text that shares no word scores 0."""
    index = bm25s.BM25()
    index.index([words(text) for text in texts], show_progress=False)
    return np.stack([index.get_scores(words(request)) for request in requests])
