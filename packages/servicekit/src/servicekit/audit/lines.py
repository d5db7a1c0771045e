"""The lines of an audit file: one JSON object per entry, written by appending and read from either end."""

import json
from collections.abc import Iterator
from json.encoder import encode_basestring
from operator import index
from typing import BinaryIO, Final

from servicekit.audit.trail import TrailEntry

_BLOCK: Final = 1 << 18  # bytes read at a time


def written_line(chain: str, tenant: str, number: int, text: str, previous: bytes, own: bytes) -> str:
    """The line of an entry."""
    return (
        f'{{"chain": {encode_basestring(chain)}, "tenant": {encode_basestring(tenant)}, "number": {number}, '
        f'"entry": {encode_basestring(text)}, "previous": "{previous.hex()}", "hash": "{own.hex()}"}}\n'
    )


def read_line(line: bytes) -> TrailEntry | None:
    """The entry of a line. None if the line is damaged."""
    try:
        fields = json.loads(line)
        previous, own = bytes.fromhex(fields["previous"]), bytes.fromhex(fields["hash"])
        chain, number, text = fields["chain"] + "", index(fields["number"]), fields["entry"] + ""
        (chain + text).encode()  # a lone surrogate is damage
        return TrailEntry(chain, number, text, previous, own, {"tenant": fields["tenant"]})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def part_of_line(json_members: str) -> bytes:
    """How a part of an entry's text looks in its line, to find lines without reading their JSON."""
    return encode_basestring(json_members)[1:-1].encode()


def complete_size(file: BinaryIO, size: int) -> int:
    """Bytes up to the end of the last complete line. What follows was cut by a crash, or is being written."""
    while size > 0:
        start = max(0, size - _BLOCK)
        file.seek(start)
        found = file.read(size - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0


def lines_backwards(file: BinaryIO, size: int, containing: bytes = b"") -> Iterator[bytes]:
    """The complete lines of a file without their line ends, newest first, read in blocks.

    Args:
        size: bytes up to the end of a complete line (`complete_size`).
        containing: only lines that contain this.
    """
    rest = b""
    while size > 0:
        start = max(0, size - _BLOCK)
        file.seek(start)
        block = file.read(size - start) + rest
        begin = block.find(b"\n") + 1 if start > 0 else 0  # the first line may begin in the block before
        if begin == 0 < start:
            rest = block
        else:
            rest = block[:begin]
            if containing in block:
                yield from (line for line in reversed(block[begin:].splitlines()) if containing in line)
        size = start
