"""Reads response bodies up to a size limit, before and after decompression."""

import zlib
from collections.abc import Callable
from typing import Final

import httpx2

ACCEPTED_ENCODING: Final = "gzip"
"""The only coding that requests accept, so that every body passes the bounded decompressor below."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 64 * 1024
_READ_FACTOR: Final = 4
"""A body of which only the end is kept may be this many times larger than the limit."""


class BodyTooLarge(Exception):
    """The body is larger than the limit."""


class UndecodableBody(Exception):
    """The body does not match its Content-Encoding header."""


Feed = Callable[[bytes], bool]
"""Takes the next bytes of a body; False if no more are needed."""


async def stream_body(response: httpx2.Response, feed: Feed, most: int) -> bool:
    """Pass a decompressed body on in pieces of at most 64 KiB, without keeping it; whether it was read to its end.

    Args:
        most: the size limit in bytes.

    Raises:
        BodyTooLarge: larger than `most` bytes.
        UndecodableBody: an unexpected coding, or broken compression.
    """
    inflate = _inflater(response)
    read = expanded = 0
    async for chunk in response.aiter_raw(_PIECE):
        read += len(chunk)
        rest = chunk
        while True:
            piece = rest if inflate is None else _inflated(inflate, rest, _PIECE)
            expanded += len(piece)
            if max(read, expanded) > most:
                raise BodyTooLarge
            if piece and not feed(piece):
                return False
            if inflate is None or (not inflate.unconsumed_tail and len(piece) < _PIECE):
                break
            rest = inflate.unconsumed_tail
    if inflate is not None and read and not inflate.eof:
        raise UndecodableBody
    return True


async def read_body(response: httpx2.Response, most: int, *, end: bool = False) -> tuple[bytes, int]:
    """The decompressed body, and the number of lines that were omitted before it.

    Args:
        most: the size limit in bytes, which also bounds what is read and decompressed before the error.
        end: keep the last lines of a larger body, up to the limit.

    Raises:
        BodyTooLarge: larger than `most` bytes, or than four times as many with `end`.
        UndecodableBody: an unexpected coding, or broken compression.
    """
    inflate = _inflater(response)
    cap = most * _READ_FACTOR if end else most
    body = bytearray()
    read = expanded = omitted_lines = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        if read > cap:  # the decompressor also buffers bytes after the end of a gzip stream
            raise BodyTooLarge
        piece = chunk if inflate is None else _inflated(inflate, chunk, cap + 1 - expanded)
        expanded += len(piece)
        if expanded > cap:
            raise BodyTooLarge
        body += piece
        if len(body) > 2 * most:
            omitted_lines += _keep_end(body, most)
    if inflate is not None and body and not inflate.eof:
        raise UndecodableBody
    omitted_lines += _keep_end(body, most)
    return bytes(body), omitted_lines


def _inflater(response: httpx2.Response) -> "zlib._Decompress | None":
    """The decompressor of a body; None for one that is not compressed."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", ACCEPTED_ENCODING, ""):
        raise UndecodableBody
    return zlib.decompressobj(_GZIP) if coding == ACCEPTED_ENCODING else None


def _keep_end(body: bytearray, most: int) -> int:
    """Drop lines from the start until at most `most` bytes are left; returns their number."""
    start = len(body) - most
    if start <= 0:
        return 0
    start = body.find(b"\n", start - 1) + 1 or start
    lines = body.count(b"\n", 0, start)
    del body[:start]
    return lines


def _inflated(inflate: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    try:
        # A kilobyte can decompress to a megabyte, so the output is bounded.
        return inflate.decompress(chunk, max(room, 1))
    except zlib.error:
        raise UndecodableBody from None
