"""Reproducible random numbers: each row has its own stream, from a hash of its name, so order has no effect."""

import struct
from collections.abc import Sequence
from hashlib import shake_128
from typing import TypeVar

from asyncpg.pgproto.pgproto import UUID

Item = TypeVar("Item")

_NUMBERS = 64
_UNPACK = struct.Struct(f">{_NUMBERS}I").unpack
_RANGE = 1 << 32


class Draws:
    """The random stream of one row.

    Args:
        seed: the seed of the data set.
        kind: the kind of row, such as ``order``.
        index: the row's index within its kind.
    """

    __slots__ = ("_name", "_next", "_numbers", "_round")

    _numbers: tuple[int, ...]

    def __init__(self, seed: int, kind: str, index: int) -> None:
        self._name = f"{seed}/{kind}/{index}"
        self._round = 0
        self._refill()

    def _refill(self) -> None:
        name = f"{self._name}/{self._round}".encode()
        self._numbers = _UNPACK(shake_128(name).digest(_NUMBERS * 4))
        self._round += 1
        self._next = 0

    def below(self, limit: int) -> int:
        """An integer from 0 to `limit` - 1; `limit` is at most 2**32."""
        if self._next == _NUMBERS:
            self._refill()
        number = self._numbers[self._next]
        self._next += 1
        return number * limit >> 32

    def between(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, inclusive."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def chance(self, per_mille: int) -> bool:
        """True with a probability of `per_mille` / 1000."""
        return self.below(1000) < per_mille

    def identifier(self, milliseconds: int) -> UUID:
        """A version 7 UUID (RFC 9562 §5.7) of that time, sortable like those of Postgres."""
        high, low = self.below(_RANGE), self.below(_RANGE)
        tail = (high << 32 | low) & ((1 << 62) - 1) | 1 << 63
        head = milliseconds << 16 | 0x7000 | self.below(1 << 12)
        return UUID(struct.pack(">QQ", head, tail))
