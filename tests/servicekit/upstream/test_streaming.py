"""A large body passes in pieces: it is never held in memory, and no more of it is read than is needed."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest

from servicekit.upstream import Upstream, UpstreamFailed

from .scripted_host import ScriptedHost, answer

MOST = 100 * 1024 * 1024


@pytest.fixture
async def upstream(host: ScriptedHost) -> AsyncIterator[Upstream]:
    made = Upstream("tests", "library", host.url)
    yield made
    await made.stop()


class Taken:
    """Takes a body up to a number of bytes."""

    def __init__(self, wanted: int = MOST) -> None:
        self.wanted, self.size, self.largest = wanted, 0, 0
        self.checksum = zlib.crc32(b"")

    def feed(self, piece: bytes) -> bool:
        self.size += len(piece)
        self.largest = max(self.largest, len(piece))
        self.checksum = zlib.crc32(piece, self.checksum)
        return self.size < self.wanted


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_001])
async def test_a_body_passes_whole_and_in_order(host: ScriptedHost, upstream: Upstream, coding: str, size: int) -> None:
    body = bytes(number * 7 % 251 for number in range(size))
    sent = gzip.compress(body) if coding == "gzip" else body
    host.in_turn(answer(sent, Content_Encoding=coding))
    response, taken = await upstream.stream(["large"], into=Taken, most=MOST)
    assert taken is not None
    assert (taken.size, taken.checksum, response.is_whole, response.body) == (size, zlib.crc32(body), True, b"")
    assert taken.largest <= 65536


async def test_a_body_that_expands_stays_out_of_memory(host: ScriptedHost, upstream: Upstream) -> None:
    host.in_turn(answer(gzip.compress(bytes(60_000_000)), Content_Encoding="gzip"))
    tracemalloc.start()
    try:
        _, taken = await upstream.stream(["bomb"], into=Taken, most=MOST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken is not None
    assert taken.size == 60_000_000
    assert peak < 3_000_000


async def test_reading_ends_when_enough_was_taken(host: ScriptedHost, upstream: Upstream) -> None:
    host.in_turn(answer(bytes(5_000_000)), answer({"ok": True}))
    response, taken = await upstream.stream(["large"], into=lambda: Taken(100), most=MOST)
    assert taken is not None
    assert taken.size <= 65536
    assert not response.is_whole
    assert (await upstream.get(["next"])).json() == {"ok": True}


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_body_beyond_the_limit_is_refused(host: ScriptedHost, upstream: Upstream, coding: str) -> None:
    body = bytes(200_000)
    host.in_turn(answer(gzip.compress(body) if coding == "gzip" else body, Content_Encoding=coding))
    with pytest.raises(UpstreamFailed, match="more than 100000 bytes"):
        await upstream.stream(["large"], into=Taken, most=100_000)


async def test_a_failed_attempt_is_repeated_from_the_start(host: ScriptedHost, upstream: Upstream) -> None:
    broken = gzip.compress(bytes(1_000_000))[:500]
    host.in_turn(answer(b"no", 502), answer(broken, Content_Encoding="gzip"))
    with pytest.raises(UpstreamFailed, match="not valid"):
        await upstream.stream(["large"], into=Taken, most=MOST)
    host.in_turn(answer(b"no", 502), answer(b"content"))
    _, taken = await upstream.stream(["large"], into=Taken, most=MOST)
    assert taken is not None
    assert taken.size == 7


async def test_a_refusal_has_its_body_and_no_taker(host: ScriptedHost, upstream: Upstream) -> None:
    host.in_turn(answer({"message": "too large"}, 403))
    response, taken = await upstream.stream(["large"], into=Taken, most=MOST)
    assert (response.status, response.json(), taken) == (403, {"message": "too large"}, None)
