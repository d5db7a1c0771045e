"""A response body within its cap, also after decompression."""

import zlib
from typing import Final

import httpx2

ACCEPTED_ENCODING: Final = "gzip"
"""The only coding that is asked for, so that the only decompressor is the one below, which is bounded."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_PASSED: Final = 4
"""How often its cap a body may be, of which only the end is kept."""


class BodyTooLarge(Exception):
    """The body outgrew its cap."""


class UndecodableBody(Exception):
    """The body is not in the coding that its headers say."""


async def read_body(response: httpx2.Response, most: int, *, end: bool = False) -> tuple[bytes, int]:
    """The body, decompressed, and how many lines of it were left out before that.

    Args:
        end: of a body that is larger the end is kept, from the beginning of a line.

    Raises:
        TooLarge: more than `most` bytes, or four times as many where the end will do; what is read and expanded before
            that is bounded so too.
        Unreadable: a coding nobody asked for, or broken compression.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", ACCEPTED_ENCODING, ""):
        raise UndecodableBody
    inflate = zlib.decompressobj(_GZIP) if coding == ACCEPTED_ENCODING else None
    cap = most * _PASSED if end else most
    body = bytearray()
    read = expanded = left_out = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        if read > cap:  # what comes after the end of a gzip stream would be kept too, by the decompressor
            raise BodyTooLarge
        piece = chunk if inflate is None else _inflated(inflate, chunk, cap + 1 - expanded)
        expanded += len(piece)
        if expanded > cap:
            raise BodyTooLarge
        body += piece
        if len(body) > 2 * most:
            left_out += _keep_end(body, most)
    if inflate is not None and body and not inflate.eof:
        raise UndecodableBody
    left_out += _keep_end(body, most)
    return bytes(body), left_out


def _keep_end(body: bytearray, most: int) -> int:
    """Leave out lines until no more than `most` bytes are left; how many they were."""
    start = len(body) - most
    if start <= 0:
        return 0
    start = body.find(b"\n", start - 1) + 1 or start
    lines = body.count(b"\n", 0, start)
    del body[:start]
    return lines


def _inflated(inflate: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    try:
        # A kilobyte can stand for a megabyte: never expand by more than there is room for.
        return inflate.decompress(chunk, max(room, 1))
    except zlib.error:
        raise UndecodableBody from None
