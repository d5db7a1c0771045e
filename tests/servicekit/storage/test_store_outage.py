"""The shared store killed, hung and gone: reads go on, each process counts alone, writes follow the setting."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from devkit.loopback.ports import free_port
from devkit.stores.running import running
from devkit.stores.valkey import Valkey
from servicekit.access import rate_limit
from servicekit.access.limits import RateLimits
from servicekit.access.rate_limit import RateLimiter
from servicekit.core.errors import Unavailable
from servicekit.core.health import Health
from servicekit.settings.service import ServiceSettings
from servicekit.storage.redis.store import REPLY_TIMEOUT, RedisStore, redis_store
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.writes_app import READ, WRITE
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, text_of

SLACK = 1.0  # seconds that a busy machine may add
BOB = caller(subject="bob")
ALLOWED = RateLimits(server=1000, caller=5, tool=1000)


class OwnStore:
    """A Valkey server of one test, to be stopped, hung and started again."""

    def __init__(self, folder: Path) -> None:
        self._server = Valkey(folder, free_port(), durable=False)
        self.url = self._server.url
        self._running = ExitStack()
        self.start()

    def start(self) -> None:
        self._process_id = self._running.enter_context(running(self._server))

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.signal(signal.SIGCONT)
        self._running.close()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process_id, number)


@pytest.fixture(autouse=True)
def patience_with_the_store() -> None:
    """As in production."""


@pytest.fixture
def own_store() -> Iterator[OwnStore]:
    """A store for one test to break."""
    with tempfile.TemporaryDirectory(prefix="valkey-") as folder:
        store = OwnStore(Path(folder))
        yield store
        store.stop()


async def admit(limiter: RateLimiter, *, writes: bool = False) -> Any:
    return await limiter.decide(ANN, "t", 1, ALLOWED, writes=writes)


@pytest.mark.parametrize("how", ["killed", "hung"])
async def test_reads_continue_without_the_store(own_store: OwnStore, how: str) -> None:
    store = RedisStore(own_store.url)
    limiter = RateLimiter("outage", store)
    assert not (await admit(limiter)).local_fallback
    if how == "killed":
        own_store.stop()
    else:
        own_store.signal(signal.SIGSTOP)
    started = time.perf_counter()
    first = await admit(limiter)
    took = time.perf_counter() - started
    assert (first.local_fallback, first.exceeded) == (True, None)
    assert took < REPLY_TIMEOUT + SLACK
    started = time.perf_counter()
    later = [await admit(limiter) for _ in range(9)]  # within the second, no call waits for it
    assert time.perf_counter() - started < 9 * REPLY_TIMEOUT
    assert [decision.exceeded for decision in later] == [None] * 4 + ["caller"] * 5
    assert limiter.local_fallbacks == 10
    await store.stop()


async def test_a_lease_is_spent_before_a_process_counts_alone(own_store: OwnStore) -> None:
    store, allowed = RedisStore(own_store.url), RateLimits(1000, 1000, 1000)
    limiter = RateLimiter("outage", store, writes_need_store=True)
    for _ in range(8):  # the eighth call leases for seven more
        assert not (await limiter.decide(ANN, "t", 1, allowed)).local_fallback
    own_store.stop()
    later = [await limiter.decide(ANN, "t", 1, allowed, writes=True) for _ in range(3)]
    assert not any(decision.local_fallback for decision in later)
    with pytest.raises(Unavailable):
        await limiter.decide(BOB, "t", 1, allowed, writes=True)
    assert (await limiter.decide(BOB, "t", 1, allowed)).local_fallback
    await limiter.close()  # what is left lapses
    await store.stop()


async def test_it_is_used_again_when_it_is_back(own_store: OwnStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RedisStore(own_store.url)
    limiter = RateLimiter("outage", store)
    own_store.signal(signal.SIGSTOP)
    assert (await admit(limiter)).local_fallback
    own_store.signal(signal.SIGCONT)
    assert (await admit(limiter)).local_fallback  # left alone for a second
    monkeypatch.setattr(store, "_paused_until", 0.0)  # the second is over
    assert not (await admit(limiter)).local_fallback
    await store.check()
    await store.stop()


async def test_a_server_starts_without_its_store(writes: WritesDatabase) -> None:
    service = writes.service(redis_url="redis://user:SECRET@127.0.0.1:1/0", store_outage="fail_closed")
    async with service.running(), connect(service, ANN) as client:
        read = await client.call_tool("get_account", {"account_id": "till"})
        written = await client.call_tool("deposit", {"account_id": "till", "amount": 5})
        report = await service.health.report()
    assert (read.is_error, written.is_error, await writes.balance()) == (False, True, 1000)
    assert text_of(written) == (
        "The store is not answering at the moment. Nothing was changed; try again in a few seconds."
    )
    parts = {"reads": "unavailable", "writes": "unavailable"}
    assert (report["status"], report["components"]["store"]) == ("degraded", {"status": "unavailable", "parts": parts})
    assert "SECRET" not in str((read, written, report))


async def test_writes_go_on_where_the_operator_said_so(writes: WritesDatabase) -> None:
    service = writes.service(redis_url="redis://127.0.0.1:1/0", store_outage="fail_open", limit_tool=1)
    async with service.running(), connect(service, caller(READ, WRITE)) as client:
        done = await client.call_tool("deposit", {"account_id": "till", "amount": 5})
        second = await client.call_tool("deposit", {"account_id": "till", "amount": 6})
    assert (done.is_error, await writes.balance()) == (False, 1005)
    assert "Your budget of calls of this tool for this minute is spent" in text_of(second)


@pytest.mark.parametrize(("outage", "writes"), [("fail_closed", "unavailable"), ("fail_open", "ok")])
async def test_the_health_page_says_whether_writes_are_refused(outage: Any, writes: str) -> None:
    url = "redis://127.0.0.1:1/0"
    store = redis_store(ServiceSettings(public_url="http://127.0.0.1:1/mcp", redis_url=url, store_outage=outage))
    assert store is not None
    report = await Health([store]).report()
    assert report["calls"] == {"reads": "ok", "writes": writes}
    await store.stop()


async def test_a_confirmation_does_not_slip_past_a_store_that_is_away(writes: WritesDatabase, issuer: Any) -> None:
    from tests.servicekit.apps.writes_database import confirmation_in, new_key

    async with writes.client() as client:
        arguments = {"account_id": "till", "amount": 5, "idempotency_key": new_key()}
        confirmation = confirmation_in(await client.call_tool("withdraw", arguments))
    with writes.replicas(issuer, 1, redis_url="redis://127.0.0.1:1/0", store_outage="fail_closed") as replicas:
        async with replicas.clients() as (client,):
            result = await client.call_tool(*confirmation)
    assert text_of(result).startswith("The store is not answering at the moment.")
    assert await writes.balance() == 1000


async def test_a_write_is_refused_at_once_in_an_outage() -> None:
    store = RedisStore("redis://127.0.0.1:1/0")
    limiter = RateLimiter("outage", store, writes_need_store=True)
    with pytest.raises(Unavailable, match="The store is not answering"):
        await admit(limiter, writes=True)
    assert (await admit(limiter)).local_fallback
    await store.stop()


@given(
    st.lists(st.tuples(st.floats(0, 25), st.sampled_from("ab"), st.integers(1, 4)), max_size=60),
    st.integers(1, 8),
    st.integers(1, 8),
)
async def test_the_local_fallback_agrees_with_a_model(
    calls: list[tuple[float, str, int]], most: int, most_of_tool: int
) -> None:
    """The model keeps every admitted call; a call is admitted if the last minute has room at both levels."""
    clock = [1000.0]
    limiter, history = RateLimiter("alone", None, clock=lambda: clock[0]), list[tuple[float, str, int]]()
    allowed = RateLimits(10_000, most, most_of_tool)
    for wait, tool, cost in calls:
        clock[0] += wait
        charged = min(cost, most_of_tool)  # a call never costs more than the whole budget
        decision = await limiter.decide(ANN, tool, cost, allowed)
        recent = [call for call in history if call[0] > clock[0] - 60]
        room = len(recent) < most and sum(c for _, t, c in recent if t == tool) + charged <= most_of_tool
        assert (decision.exceeded is None) == room
        if room:
            history.append((clock[0], tool, charged))
            assert decision.remaining == most - len(recent) - 1
        else:
            clock[0] += decision.retry_after + 1e-6  # the reported wait is enough, but for rounding
            assert (await limiter.decide(ANN, tool, cost, allowed)).exceeded is None
            history.append((clock[0], tool, charged))


async def test_counting_alone_costs_the_same_however_much_was_counted() -> None:
    limiter, plenty = RateLimiter("alone", None), RateLimits(10**6, 10**6, 10**6)
    for _ in range(20_000):
        await limiter.decide(ANN, "t", 1, plenty)
    took = []
    for _ in range(50):
        begun = time.perf_counter()
        await limiter.decide(ANN, "t", 1, plenty)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.001, "adding up what was counted takes 3 ms"


async def test_operators_can_count_decisions_taken_alone(own_store: OwnStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider(metric_readers=[reader]).get_meter("test")
    monkeypatch.setattr(
        rate_limit, "rate_limit_local_fallbacks", meter.create_counter("mcp.server.rate_limit.local_fallbacks")
    )
    store = RedisStore(own_store.url)
    own_store.stop()
    for _ in range(3):
        await admit(RateLimiter("outage", store))
    data = reader.get_metrics_data()
    assert data is not None
    (point,) = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    assert (point.value, point.attributes) == (3, {})
    await store.stop()
