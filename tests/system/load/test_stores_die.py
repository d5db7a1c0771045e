"""Stores killed under a crowd, and started again: clear errors, no hang, and back within seconds."""

import asyncio
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devkit.issuer.testing import RunningIssuer

from .orders_server import OrdersServer, orders_server
from .sizes import chance, size
from .stores import MortalStore, mortal_postgres, mortal_valkey
from .wire import text_of

CALLERS = 50
ROUNDS = size(1)
AWAY = 2.0  # seconds that the store stays down
LONGEST_ANSWER = 12.0  # seconds; a deadline of 8 s, and a busy machine
BACK = 5.0
"""Seconds after the store is back until the first call succeeds."""
_CLEAR = re.compile(
    r"The (database|writer|store) is not answering at the moment\. Nothing was changed; try again in a few seconds\."
    r"|The server is busy\. Nothing was changed; try again in \d s\."
    r"|Not done within 8 s, so it was stopped\."
    r"|No usable answer to this write came back \(writer\), so whether it took effect is unknown\."
)


@dataclass
class Crowd:
    """Callers that call without a pause, and their replies."""

    site: OrdersServer
    chance: random.Random
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    successes: list[float] = field(default_factory=list)
    slowest: float = 0.0

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """All of them, inside the block."""
        async with asyncio.TaskGroup() as tasks:
            callers = [tasks.create_task(self._ask(f"caller-{number}")) for number in range(CALLERS)]
            await self.first_success_after(0)  # the calm before
            yield
            for caller in callers:
                caller.cancel()

    async def first_success_after(self, moment: float) -> float:
        """Seconds from a moment to the start of the first call that then succeeded."""
        async with asyncio.timeout(BACK * 6):
            while True:
                later = [started for started in self.successes if started >= moment]
                if later:
                    return later[0] - moment
                await asyncio.sleep(0.02)

    async def _ask(self, subject: str) -> None:
        wire = self.site.wire("acme", subject)
        try:
            while True:
                await self._ask_once(wire)
                await asyncio.sleep(self.chance.random() * 0.1)
        finally:
            wire.cut()

    async def _ask_once(self, wire: object) -> None:
        order = self.chance.choice(self.site.orders["acme"])
        started = time.monotonic()
        status, message = await wire.call("get_order", {"order_id": order})  # type: ignore[attr-defined]
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.statuses[status] += 1
        if "result" in message and not message["result"].get("isError"):
            self.successes.append(started)
        else:
            self.failures[text_of(message)] += 1

    def judge(self) -> None:
        """No answer but a good one or a clear one, and none that took for ever."""
        assert set(self.statuses) <= {200, 503}, self.statuses
        unclear = [text for text in self.failures if _CLEAR.match(text) is None]
        assert not unclear, unclear
        assert self.slowest < LONGEST_ANSWER


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mortal-", ignore_cleanup_errors=True) as name:
        yield Path(name)


async def die_and_come_back(store: MortalStore) -> float:
    """Kill it, leave it dead for a while, and start it; gives the moment at which it answers again."""
    await asyncio.to_thread(store.kill)
    await asyncio.sleep(AWAY)
    await asyncio.to_thread(store.start)
    return time.monotonic()


def run(work: Callable[[], object]) -> None:
    """Run asynchronous work after the servers were prepared, which needs an event loop of its own."""
    with asyncio.Runner() as runner:
        runner.run(work())  # type: ignore[arg-type]


@pytest.mark.slow
def test_postgres_dies_under_a_crowd(issuer: RunningIssuer, folder: Path) -> None:
    luck = chance()
    with ExitStack() as stack:
        store, admin_url = mortal_postgres(folder)
        stack.callback(store.stop)
        site = stack.enter_context(orders_server(admin_url, issuer, call_timeout=8))

        async def scene() -> None:
            for _ in range(ROUNDS):
                crowd = Crowd(site, luck)
                async with crowd.asking():
                    back = await crowd.first_success_after(await die_and_come_back(store))
                print(
                    f"Postgres away {AWAY} s under {CALLERS} callers: {crowd.statuses}, slowest {crowd.slowest:.2f} s, "
                    f"{len(crowd.successes)} good, first {back:.2f} s after its return; {dict(crowd.failures)}"
                )
                crowd.judge()
                assert crowd.failures, "nobody noticed"
                assert back <= BACK

        run(scene)


@pytest.mark.slow
def test_valkey_dies_under_a_crowd_and_no_read_fails(issuer: RunningIssuer, folder: Path, postgres: object) -> None:
    luck = chance()
    with ExitStack() as stack:
        store, url = mortal_valkey(folder)
        stack.callback(store.stop)
        site = stack.enter_context(orders_server(postgres.admin_url, issuer, redis_url=url))  # type: ignore[attr-defined]

        async def scene() -> None:
            for _ in range(ROUNDS):
                crowd = Crowd(site, luck)
                async with crowd.asking():
                    back = await crowd.first_success_after(await die_and_come_back(store))
                print(
                    f"Valkey away {AWAY} s: {crowd.statuses}, slowest {crowd.slowest:.2f} s, first {back:.2f} s after"
                )
                crowd.judge()
                assert not crowd.failures
                assert set(crowd.statuses) == {200}

        run(scene)
