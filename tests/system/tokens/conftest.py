"""The texts that are counted: definitions of tools, and results of calls through the official client."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.testing import simulator_in_thread as github_in_thread
from devkit.simulators.registry import find_simulator
from devkit.simulators.weather.testing import simulator_in_thread as weather_in_thread
from devkit.stores.testing import PostgresServer
from devkit.workspace.composition import compose
from orders_mcp.sample_data.plan import Plan as OrdersPlan
from servicekit.server import Service
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import text_of
from tests.fixtures.databases import seeded, service_on
from tests.services.github.scene import Hub
from ticketing_mcp.sample_data.plan import Plan as TicketingPlan

from .measures import RESULTS

_SIZE = 5000  # records, as `make up` makes them
_UNTIL = date(2026, 6, 1)


@asynccontextmanager
async def _client(service: Service) -> AsyncIterator[Client]:
    who = caller(*service.registry.scopes)
    async with service.running(), connect(service, who) as client:
        yield client


@pytest.fixture(scope="session")
def with_data(postgres: PostgresServer) -> dict[str, Service]:
    """The servers with a database, on as much data as `make up` makes."""
    plans: dict[str, Any] = {
        "orders": OrdersPlan(_SIZE, 7, _UNTIL),
        "ticketing": TicketingPlan(_SIZE, 7, _UNTIL),
    }
    return {
        name: service_on(name, seeded(postgres.admin_url, name, f"tokens_{name}", plan)) for name, plan in plans.items()
    }


@pytest.fixture(scope="session")
async def result_texts(
    with_data: dict[str, Service], valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The text of each result in `RESULTS`, by its words."""
    directory = tmp_path_factory.mktemp("tokens")
    texts: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        hub = Hub(stack.enter_context(github_in_thread(directory / "repositories")), valkey_url, directory)
        services = {
            **with_data,
            "github": hub.service(),
            "weather": _weather(stack.enter_context(weather_in_thread()).url, directory),
        }
        run = hub.simulator.world.repositories["acme/website"].runs[0].id
        clients = {name: await stack.enter_async_context(_client(service)) for name, service in services.items()}
        for result in RESULTS:
            arguments = {**result.arguments, "run_id": run} if "run_id" in result.arguments else result.arguments
            answer = await clients[result.server].call_tool(result.tool, dict(arguments))
            assert not answer.is_error, answer.content
            texts[result.words] = text_of(answer)
    return texts


def _weather(url: str, directory: Path) -> Service:
    environment = find_simulator("weather").environment(url)
    settings: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
    return compose(
        "weather",
        {**settings, "public_url": "http://127.0.0.1:8104/mcp", "audit_file": directory / "audit", "issuer": None},
    )
