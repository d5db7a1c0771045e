"""Git LFS pointers: small text files in Git that stand for the content in LFS storage (git-lfs specification)."""

import re
from typing import Final, NamedTuple

LARGEST_POINTER: Final = 1024
"""A pointer has fewer bytes."""
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:[a-z0-9.-]+ [^\n]*\n)*?"
    rb"oid (?P<oid>sha256:[0-9a-f]{64})\nsize (?P<size>\d{1,18})\n?"
)


class Pointer(NamedTuple):
    """What a pointer stands for.

    Attributes:
        oid: the hash of the content.
        size: bytes of the content.
    """

    oid: str
    size: int


def pointer_in(content: bytes) -> Pointer | None:
    """The pointer that a file holds, or None."""
    match = _POINTER.fullmatch(content) if len(content) < LARGEST_POINTER else None
    return Pointer(match["oid"].decode(), int(match["size"])) if match else None
