"""Cuts: signed records of the entries that retention removed from the beginning of a chain."""

from datetime import datetime
from typing import Final, NamedTuple

from pydantic_core import to_json

from servicekit.journal.anchor_keys import AnchorKeys, VerifyKeys

_PURPOSE: Final = "audit cut"


class Cut(NamedTuple):
    """The removal of every entry of a chain up to one of them.

    Attributes:
        number: number of the last removed entry.
        own: hash of the last removed entry, 32 bytes: the previous hash of the next one.
        at: when they were removed.
        signature: 64 bytes, or empty where the service has no anchor keys.
    """

    chain: str
    number: int
    own: bytes
    at: datetime
    signature: bytes

    def is_signed(self, keys: VerifyKeys) -> bool:
        """Whether one of the keys signed this cut."""
        return keys.verify(_PURPOSE, _content(self), self.signature)


def signed_cut(keys: AnchorKeys | None, chain: str, number: int, own: bytes, at: datetime) -> Cut:
    """The cut after entry `number`, signed if there are keys."""
    cut = Cut(chain, number, own, at, b"")
    return cut._replace(signature=keys.sign(_PURPOSE, _content(cut))) if keys is not None else cut


def _content(cut: Cut) -> bytes:
    """What is signed: a JSON array, with the time as it was given to the second."""
    return to_json([cut.chain, cut.number, cut.own.hex(), int(cut.at.timestamp())])
