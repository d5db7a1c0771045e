"""The letters by which the servers of the fleet tell their confirmation codes apart."""

from collections.abc import Mapping
from typing import Final

LETTERS: Final[Mapping[str, str]] = {"github": "G", "orders": "O", "ticketing": "T", "weather": "W"}
"""The letter of each server, by its name. No two are alike in a code (`tests/contract/test_fleet.py`)."""


def letter_of(server: str) -> str:
    """The letter of a server; of one that the fleet does not know, its first."""
    return LETTERS.get(server, server[:1].upper())
