"""Replicas replaced one after the other behind a proxy, under clients that never stop: one retry, and no call is lost.

`CLIENTS` and `N`, the number of restarts, set the size: 500 clients and 40 restarts of one of two are the full one.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from itertools import cycle, islice

import pytest

from devkit.issuer.testing import RunningIssuer
from servicekit.http import shutdown
from tests.system.e2e.victim import Victim, steady_port

from .round_robin import RoundRobin
from .sizes import chance, size
from .stateless_app import READ, serve_stateless
from .wire import Wire, text_of

CLIENTS = int(os.environ.get("CLIENTS") or 100)
RESTARTS = size(4)
PAUSE = 10.0
"""Seconds between calls of one client, at most: 500 make some 100 a second, which one replica of two can serve."""
RETRY_AFTER = 0.5  # seconds, and up to twice that
BUSY = 10.0  # seconds that a busy machine may add to the end of a process


class Crowd:
    """Clients, and what became of their calls."""

    def __init__(self, base_url: str, token: str, luck: random.Random) -> None:
        self._base_url = base_url
        self._token = token
        self._luck = luck
        self._stop = asyncio.Event()
        self.calls: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    async def run(self) -> None:
        """All of them, until `stop`."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CLIENTS):
                tasks.create_task(self._client())

    def stop(self) -> None:
        """Let each finish its call."""
        self._stop.set()

    async def _client(self) -> None:
        wire = Wire(self._base_url, self._token)
        while not self._stop.is_set():
            seconds = self._luck.random() * 0.3
            problem = await _problem(wire, seconds)
            if problem is None:
                self.calls["good at once"] += 1
            else:
                await asyncio.sleep(RETRY_AFTER * (1 + self._luck.random()))
                again = await _problem(wire, seconds)
                self.calls["good after one retry"] += again is None
                if again is not None:
                    self.lost[f"{problem}, then {again}"] += 1
            await asyncio.sleep(self._luck.random() * PAUSE)
        wire.cut()


async def _problem(wire: Wire, seconds: float) -> str | None:
    try:
        status, message = await wire.call("hold", {"seconds": round(seconds, 3)})
    except (OSError, asyncio.IncompleteReadError) as error:
        return type(error).__name__
    return None if text_of(message) == "Held for acme." else f"{status} {text_of(message)}"


@pytest.mark.slow
async def test_no_call_is_lost_after_one_retry(issuer: RunningIssuer) -> None:
    luck = chance()
    front, *ports = steady_port(), steady_port(), steady_port()
    base_url = f"http://127.0.0.1:{front}"
    token = issuer.mint(f"{base_url}/mcp", scopes=[READ])
    common = {"public_url": f"{base_url}/mcp", "issuer": issuer.url, "log_level": "error", "caller_share": 1}
    common |= {"max_calls": 1000, "max_waiting": 1000}
    replicas = {port: Victim(port, serve_stateless, {**common, "port": port}) for port in ports}
    crowd = Crowd(base_url, token, luck)
    try:
        for replica in replicas.values():
            await asyncio.to_thread(replica.start)
        async with RoundRobin(front, ports) as proxy, asyncio.timeout(120 + 60 * RESTARTS):
            for port in ports:
                await proxy.until_ready(port)
            running = asyncio.create_task(crowd.run())
            for port in islice(cycle(ports), RESTARTS):
                replicas[port].signal(signal.SIGTERM)
                assert await asyncio.to_thread(replicas[port].gone_within, shutdown.EXIT_SECONDS + BUSY)
                proxy.gone(port)
                await asyncio.to_thread(replicas[port].start)
                await proxy.until_ready(port)
            crowd.stop()
            await running
    finally:
        for replica in replicas.values():
            replica.kill()
    print(f"{RESTARTS} restarts of one of 2 replicas, {CLIENTS} clients: {dict(crowd.calls)}, lost {dict(crowd.lost)}")
    assert not crowd.lost
    assert crowd.calls["good at once"] >= CLIENTS
