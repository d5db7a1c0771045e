"""A response body within its cap, also after decompression."""

import zlib
from typing import Final

import httpx2

ACCEPTED_ENCODING: Final = "gzip"
"""The only coding that is asked for, so that the only decompressor is the one below, which is bounded."""
_GZIP: Final = 16 + zlib.MAX_WBITS


class TooLarge(Exception):
    """The body outgrew its cap."""


class Unreadable(Exception):
    """The body is not in the coding that its headers say."""


async def read_body(response: httpx2.Response, most: int) -> bytes:
    """The whole body, decompressed.

    Raises:
        TooLarge: more than `most` bytes; what is read and expanded before that is bounded by `most` too.
        Unreadable: a coding nobody asked for, or broken compression.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", ACCEPTED_ENCODING, ""):
        raise Unreadable
    inflate = zlib.decompressobj(_GZIP) if coding == ACCEPTED_ENCODING else None
    body = bytearray()
    read = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        if read > most:  # what comes after the end of a gzip stream would be kept too, by the decompressor
            raise TooLarge
        body += chunk if inflate is None else _inflated(inflate, chunk, most + 1 - len(body))
        if len(body) > most:
            raise TooLarge
    if inflate is not None and body and not inflate.eof:
        raise Unreadable
    return bytes(body)


def _inflated(inflate: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    try:
        # A kilobyte can stand for a megabyte: never expand by more than there is room for.
        return inflate.decompress(chunk, max(room, 1))
    except zlib.error:
        raise Unreadable from None
