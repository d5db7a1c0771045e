"""The heads of the audit chains: the last durable entry of each chain that this process wrote."""

from collections.abc import Mapping
from typing import NamedTuple


class Head(NamedTuple):
    """The last entry of a chain: its number, from 1, and its hash of 32 bytes."""

    number: int
    own: bytes


class Heads:
    """The chains that this process advanced since the last anchor (`audit.anchors`)."""

    def __init__(self) -> None:
        self._advanced: dict[str, Head] = {}

    def advanced(self, chain: str, number: int, own: bytes) -> None:
        """Note the last of the entries that are now durable: after COMMIT, or after the write to a file.

        Concurrent commits may be noted in any order; the highest number counts.
        """
        known = self._advanced.get(chain)
        if known is None or known.number < number:
            self._advanced[chain] = Head(number, own)

    def take(self) -> Mapping[str, Head]:
        """What advanced since the last call."""
        taken, self._advanced = self._advanced, {}
        return taken
