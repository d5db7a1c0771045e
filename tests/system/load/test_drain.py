"""Graceful shutdown: not ready, every call answered, every stream ended, the process gone in time."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from devkit.issuer.testing import RunningIssuer
from devkit.places.cloud_run import KILLED_AFTER
from servicekit.http import shutdown
from tests.system.e2e.victim import Victim, steady_port

from .stateless_app import READ, serve_stateless
from .wire import LEGACY, MODERN, Wire, text_of

CALLS, LISTENS = 50, 100
SLACK = 3.0  # seconds that a busy machine may add


def test_the_numbers_fit_into_each_other() -> None:
    assert shutdown.TOTAL_SECONDS <= shutdown.EXIT_SECONDS, "the process is gone in time"
    assert shutdown.ANSWER_SECONDS < shutdown.CALLS_SECONDS
    assert shutdown.PRE_STOP_SECONDS + shutdown.EXIT_SECONDS < shutdown.GRACE_SECONDS, (
        "nobody kills a server that still drains"
    )
    assert int(shutdown.CALLS_SECONDS) == shutdown.CALLS_SECONDS, "uvicorn takes whole seconds"


@dataclass
class Site:
    """The stateless app in a process of its own."""

    victim: Victim
    base_url: str
    issuer: RunningIssuer

    def token(self, subject: str = "ann") -> str:
        return self.issuer.mint(f"{self.base_url}/mcp", scopes=[READ], subject=subject)

    @asynccontextmanager
    async def client(self, subject: str) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {self.token(subject)}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(f"{self.base_url}/mcp", http_client=http)) as client,
        ):
            yield client

    async def ready(self, status: int) -> httpx2.Response:
        """The answer of `/ready`, once it has this status."""
        async with httpx2.AsyncClient() as http, asyncio.timeout(shutdown.EXIT_SECONDS):
            while True:
                answer = await http.get(f"{self.base_url}/ready")
                if answer.status_code == status:
                    return answer
                await asyncio.sleep(0.01)

    async def refuses(self) -> None:
        """Return once no connection is taken any more."""
        async with asyncio.timeout(shutdown.EXIT_SECONDS):
            while True:
                try:
                    await self.ready(200)
                except httpx2.ConnectError:
                    return

    async def gone(self) -> float:
        """Seconds until the process has ended."""
        started = time.monotonic()
        assert await asyncio.to_thread(self.victim.gone_within, shutdown.EXIT_SECONDS + SLACK), "it did not end"
        return time.monotonic() - started


@pytest.fixture
def site(issuer: RunningIssuer, request: pytest.FixtureRequest) -> Iterator[Site]:
    port = steady_port()
    base_url = f"http://127.0.0.1:{port}"
    settings = {"port": port, "public_url": f"{base_url}/mcp", "issuer": issuer.url, "log_level": "error"}
    settings |= getattr(request, "param", {})
    victim = Victim(port, serve_stateless, settings)
    victim.start()
    try:
        yield Site(victim, base_url, issuer)
    finally:
        victim.kill()


async def hold(site: Site, seconds: float, subject: str, protocol: str = MODERN) -> tuple[int, dict[str, Any]]:
    return await Wire(site.base_url, site.token(subject), protocol=protocol).call("hold", {"seconds": seconds})


async def listen(site: Site, subject: str, opened: asyncio.Semaphore) -> bool:
    """Whether the stream ends gracefully: an abrupt end raises."""
    async with site.client(subject) as client, client.listen(resource_subscriptions=["crate://1"]) as subscription:
        opened.release()
        async for _ in subscription:
            pass
    return True


async def under_load(site: Site, seconds: float) -> tuple[list[asyncio.Task[Any]], list[asyncio.Task[Any]]]:
    """Calls that take so long, of both revisions, and open streams."""
    opened = asyncio.Semaphore(0)
    listens = [asyncio.create_task(listen(site, f"listener-{number}", opened)) for number in range(LISTENS)]
    for _ in listens:
        await opened.acquire()
    calls = [
        asyncio.create_task(hold(site, seconds, f"caller-{number}", (MODERN, LEGACY)[number % 2]))
        for number in range(CALLS)
    ]
    for call in calls:
        assert not call.done()
    await asyncio.sleep(0.5)  # the calls are under way; a running call does not show from outside
    return calls, listens


@pytest.mark.slow
async def test_calls_finish_and_streams_end_gracefully(site: Site) -> None:
    calls, listens = await under_load(site, 4.0)
    site.victim.signal(signal.SIGTERM)
    gone = asyncio.create_task(site.gone())
    answer = await site.ready(503)
    assert (answer.json(), answer.headers["Connection"]) == ({"status": "draining"}, "close")
    # During the notice, proxies that do not know yet are served as before.
    assert text_of((await hold(site, 0, "late"))[1]) == "Held for acme."
    assert {(status, text_of(message)) for status, message in await asyncio.gather(*calls)} == {(200, "Held for acme.")}
    assert all(await asyncio.gather(*listens))
    seconds = await gone
    print(f"SIGTERM to exit with {CALLS} calls of 4 s and {LISTENS} streams: {seconds:.1f} s")
    assert seconds <= shutdown.EXIT_SECONDS


@pytest.mark.slow
async def test_calls_that_last_too_long_are_answered_before_the_end(site: Site) -> None:
    calls, listens = await under_load(site, 60.0)
    site.victim.signal(signal.SIGTERM)
    gone = asyncio.create_task(site.gone())
    texts = {text_of(message) for _, message in await asyncio.gather(*calls)}
    assert texts == {
        "This server is restarting and stopped the call before it was done. Call again with the same arguments."
    }
    assert all(await asyncio.gather(*listens))
    seconds = await gone
    print(f"SIGTERM to exit with {CALLS} calls of 60 s and {LISTENS} streams: {seconds:.1f} s")
    assert seconds <= shutdown.EXIT_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("site", [{"drain_seconds": 3}], indirect=True)
async def test_a_platform_that_kills_after_ten_seconds_cuts_no_answer(site: Site) -> None:
    calls, listens = await under_load(site, 60.0)
    site.victim.signal(signal.SIGTERM)
    gone = asyncio.create_task(site.gone())
    assert all("Call again" in text_of(message) for _, message in await asyncio.gather(*calls))
    assert all(await asyncio.gather(*listens))
    seconds = await gone
    print(f"SIGTERM to exit with drain_seconds=3: {seconds:.1f} s")
    assert seconds <= KILLED_AFTER + SLACK


@pytest.mark.slow
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_it_at_once(site: Site, first: signal.Signals) -> None:
    call = asyncio.create_task(hold(site, 60.0, "ann"))
    await site.ready(200)
    site.victim.signal(first)
    if first == signal.SIGTERM:
        await site.ready(503)
    else:
        await site.refuses()
    site.victim.signal(signal.SIGTERM)
    assert await asyncio.to_thread(site.victim.gone_within, SLACK)
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await call
