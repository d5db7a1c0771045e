"""The breaker of a host opens after failures of the host alone, and tries it with one request."""

import asyncio

import pytest

from servicekit.upstream.errors import CircuitOpen, UpstreamFailed
from servicekit.upstream.resilience.circuit_breaker import CircuitBreaker

from .conftest import Make
from .scripted_host import ScriptedHost, answer, until

pytestmark = pytest.mark.usefixtures("hurry")


async def test_an_open_breaker_tries_the_host_with_one_request(host: ScriptedHost, make: Make) -> None:
    now = [0.0]
    breaker = CircuitBreaker("library", "host", failure_threshold=4, open_seconds=5.0, clock=lambda: now[0])
    upstream = make(breaker=breaker)
    host.script = lambda _: answer({}, 500)
    for _ in range(2):
        with pytest.raises(UpstreamFailed):
            await upstream.get(["shelves"])
    asked = len(host.received)
    assert (breaker.state, asked) == ("open", 4)
    with pytest.raises(CircuitOpen, match="try again in 5 s"):
        await upstream.get(["shelves"])
    assert len(host.received) == asked

    now[0] = 5.0
    released = asyncio.Event()

    async def slow_answer() -> bytes:
        await released.wait()
        return answer({"well": True})

    host.script = lambda _: slow_answer()
    probe = asyncio.ensure_future(upstream.get(["shelves"]))
    await until(lambda: len(host.received) > asked)
    with pytest.raises(CircuitOpen):
        await upstream.get(["shelves"])
    released.set()
    assert (await probe).json() == {"well": True}
    assert breaker.state == "closed"
    assert len(host.received) == asked + 1


async def test_the_wait_for_a_connection_is_not_the_time_of_the_host(host: ScriptedHost, make: Make) -> None:
    breaker = CircuitBreaker("library", "host", failure_threshold=1)
    upstream = make(breaker=breaker, connections=1, timeout=0.5)

    async def slow_answer() -> bytes:
        await asyncio.sleep(0.1)
        return answer({"well": True})

    host.script = lambda _: slow_answer()
    replies = await asyncio.gather(*(upstream.get(["shelves", number]) for number in range(10)))
    assert [reply.json() for reply in replies] == [{"well": True}] * 10
    assert (len(host.received), breaker.state) == (10, "closed")


@pytest.mark.parametrize("content", [answer(b" " * 200_000 + b"{}"), answer({}, 302, Location="https://evil.example/")])
async def test_one_oversized_request_does_not_open_the_breaker(host: ScriptedHost, make: Make, content: bytes) -> None:
    breaker = CircuitBreaker("library", "host", failure_threshold=2)
    upstream = make(breaker=breaker)
    host.script = lambda _: content
    for _ in range(4):
        with pytest.raises(UpstreamFailed, match=r"sent a response of more than|redirected to an address"):
            await upstream.get(["shelves", "the-largest"])
    host.script = lambda _: answer({"small": True})
    assert (await upstream.get(["shelves"])).json() == {"small": True}


async def test_a_caller_who_leaves_says_nothing_about_the_host(host: ScriptedHost, make: Make) -> None:
    host.hang()
    breaker = CircuitBreaker("library", "host", failure_threshold=1)
    call = asyncio.ensure_future(make(breaker=breaker, timeout=30).get(["shelves"]))
    await until(lambda: bool(host.received))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: bool(host.gone))
    assert breaker.state == "closed"
