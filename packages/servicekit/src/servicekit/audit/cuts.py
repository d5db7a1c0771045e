"""Cuts: signed records of the entries that retention removed from the beginning of a chain."""

from collections.abc import Mapping
from datetime import datetime
from operator import index
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from servicekit.audit.anchor_keys import AnchorKeys, VerifyKeys

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


def cut_members(cut: Cut) -> dict[str, Any]:
    """A cut as JSON."""
    return {
        "chain": cut.chain,
        "number": cut.number,
        "hash": cut.own.hex(),
        "at": cut.at.isoformat(),
        "signature": cut.signature.hex(),
    }


def read_cut(members: Mapping[str, Any]) -> Cut:
    """The inverse of `cut_members`.

    Raises:
        KeyError, TypeError, ValueError: it is damaged.
    """
    own, signature = bytes.fromhex(members["hash"]), bytes.fromhex(members["signature"])
    return Cut(members["chain"] + "", index(members["number"]), own, datetime.fromisoformat(members["at"]), signature)


def signed_cut(keys: AnchorKeys | None, chain: str, number: int, own: bytes, at: datetime) -> Cut:
    """The cut after entry `number`, signed if there are keys."""
    cut = Cut(chain, number, own, at, b"")
    return cut._replace(signature=keys.sign(_PURPOSE, _content(cut))) if keys is not None else cut


def _content(cut: Cut) -> bytes:
    """What is signed: a JSON array, with the time as it was given to the second."""
    return to_json([cut.chain, cut.number, cut.own.hex(), int(cut.at.timestamp())])
