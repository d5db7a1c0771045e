"""Confirmation codes, such as O-7K3M-9QXB: short enough for a model to copy and for a person to read out.

The letter is the server's (`core.fleet`). The rest is 40 random bits in Crockford's base32, which has no I, L, O and U.
"""

import secrets
import unicodedata
from typing import Final

from servicekit.core.errors import Refused
from servicekit.core.fleet import LETTERS, folded
from servicekit.core.identity import ServerIdentity

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 8  # symbols of five bits


def new_symbols() -> str:
    """The random part of a new code."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def code_of(identity: ServerIdentity, symbols: str) -> str:
    """The code that the client reads: ``O-7K3M-9QXB``."""
    return f"{identity.letter}-{symbols[:4]}-{symbols[4:]}"


def symbols_of(code: str, identity: ServerIdentity) -> str:
    """The random part of a code that a client sent.

    Case, spaces and hyphens do not count, the letter may be left out, and O, I and L are read as the digits they look
    like.

    Raises:
        Refused: it is no code, or the code of another server, which the text names.
    """
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", code))).upper()
    letter, symbols = letters[:-_LENGTH], folded(letters[-_LENGTH:])
    if len(letter) > 1 or len(symbols) != _LENGTH or not set(symbols) <= set(_ALPHABET):
        example = code_of(identity, "7K3M9QXB")
        raise Refused(f"This is not a confirmation code. Send the code of the preview, which looks like {example}.")
    if letter and folded(letter) != folded(identity.letter):
        raise Refused(_other_server(letter, identity))
    return symbols


def _other_server(letter: str, identity: ServerIdentity) -> str:
    name = next((name for name, own in LETTERS.items() if folded(own) == folded(letter)), None)
    if name is None or name == identity.name:
        return (
            f"This is not a code of the {identity.name} server, whose codes begin with {identity.letter}-. Nothing was "
            "done. Send the code of the preview to the confirm_action tool of the server that showed it."
        )
    return f"This code belongs to the {name} server ({letter}-…). Nothing was done. Call {name}_confirm_action."
