"""Fixtures: replicas of the weather server on the simulated Open-Meteo and a real store."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.registry import find_simulator
from devkit.simulators.weather.testing import RunningSimulator, simulator_in_thread
from servicekit.core.caller import Caller
from servicekit.server.service import Service
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller, connect
from weather_mcp.app import build
from weather_mcp.settings import WeatherSettings

ANN = caller("weather:read", "weather:write")
Replica = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[RunningSimulator]:
    with simulator_in_thread() as running:
        yield running


@pytest.fixture
def open_meteo(running_simulator: RunningSimulator) -> Iterator[RunningSimulator]:
    """The simulator with an empty request log and no faults."""
    running_simulator.simulator.request_log.clear()
    yield running_simulator
    running_simulator.simulator.faults.pending.clear()


@pytest.fixture
async def store_url(valkey_url: str) -> AsyncIterator[str]:
    """An empty database of the store, so that the test finds no cached responses of others."""
    url = f"{valkey_url.rpartition('/')[0]}/{secrets.randbelow(15) + 1}"
    store = RedisStore(url)
    await store.redis.flushdb()
    yield url
    await store.redis.flushdb()
    await store.stop()


def service_on(simulator_url: str, store_url: str, audit_file: Path, **changes: Any) -> Service:
    """A server on the simulator."""
    environment = find_simulator("weather").environment(simulator_url)
    settings: dict[str, Any] = {
        "public_url": "http://127.0.0.1:8104/mcp",
        "issuer": "http://127.0.0.1:9/",
        "redis_url": store_url,
        "audit_file": audit_file,
        **dict.fromkeys(("limit_server", "limit_caller", "limit_tool", "limit_address"), 1_000_000),
        **{name.lower(): value for name, value in environment.items()},
    }
    return build(WeatherSettings(**{**settings, **changes}))


@pytest.fixture(scope="session")
async def shared(
    running_simulator: RunningSimulator, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A running server for tests that only read and do not count requests."""
    service = service_on(running_simulator.url, valkey_url, tmp_path_factory.mktemp("weather") / "audit")
    async with service.running():
        yield service


@pytest.fixture
async def reader(shared: Service) -> AsyncIterator[Client]:
    """The official client on the shared server."""
    async with connect(shared, ANN) as client:
        yield client


@pytest.fixture
def replica(open_meteo: RunningSimulator, store_url: str, tmp_path: Path) -> Replica:
    """Starts a server on the test's own store and connects the official client."""

    @asynccontextmanager
    async def run(who: Caller = ANN, options: dict[str, Any] | None = None, **changes: Any) -> AsyncIterator[Client]:
        audit_file = tmp_path / f"audit-{secrets.token_hex(4)}"
        service = service_on(open_meteo.url, **{"store_url": store_url, "audit_file": audit_file, **changes})
        async with service.running(), connect(service, who, **(options or {})) as client:
            yield client

    return run


@pytest.fixture
async def client(replica: Replica) -> AsyncIterator[Client]:
    """The official client, authenticated as ann."""
    async with replica() as client:
        yield client


def text_of(result: Any) -> str:
    return "".join(getattr(block, "text", "") for block in result.content)
