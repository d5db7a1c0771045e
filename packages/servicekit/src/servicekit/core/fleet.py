"""The letters by which the servers of the fleet tell their confirmation codes apart."""

from collections.abc import Mapping
from typing import Final

LETTERS: Final[Mapping[str, str]] = {
    # <!-- letters -->
    "orders": "O",
    "ticketing": "T",
    "github": "G",
    "weather": "W",
    # <!-- /letters -->
}
"""The letter of each server, by its name. No two are alike in a code. `make reference` writes them."""
_FOLDED: Final = str.maketrans("OIL", "011")


def letter_of(server: str) -> str:
    """The letter of a server; of one that the fleet does not know, its first."""
    return LETTERS.get(server, server[:1].upper())


def folded(text: str) -> str:
    """Upper-case `text` with the letters that look like digits read as these, as in Crockford's base32."""
    return text.translate(_FOLDED)
