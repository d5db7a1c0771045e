"""Fixtures: a simulated GitHub shared by tests that only read, and one for each test that writes."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from devkit.issuer.testing import RunningIssuer
from devkit.simulators.github.testing import simulator_in_thread
from github_mcp.app import build
from servicekit.server.service import Service
from servicekit.testing.service import connect, serving

from .documented import documented_requests
from .scene import Hub, new_caller
from .website import Site


@pytest.fixture(scope="session")
def shared_hub(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A seeded simulator for tests that only read."""
    directory = tmp_path_factory.mktemp("shared-github")
    with (
        simulator_in_thread(directory / "repositories") as running,
        documented_requests(running.simulator),
    ):
        yield Hub(running, valkey_url, directory)


@pytest.fixture
def hub(valkey_url: str, tmp_path: Path) -> Iterator[Hub]:
    """A seeded simulator for one test."""
    with simulator_in_thread(tmp_path / "repositories") as running, documented_requests(running.simulator):
        yield Hub(running, valkey_url, tmp_path)


@pytest.fixture(scope="session")
async def shared_service(shared_hub: Hub) -> AsyncIterator[Service]:
    """A running server on the shared simulator."""
    service = shared_hub.service()
    async with service.running():
        yield service


@pytest.fixture
async def reader(shared_service: Service) -> AsyncIterator[Client]:
    """The official client on the shared simulator, with all scopes."""
    async with connect(shared_service, new_caller()) as client:
        yield client


@pytest.fixture
async def writer(hub: Hub) -> AsyncIterator[Client]:
    """The official client on the test's own simulator, with all scopes."""
    async with hub.client() as client:
        yield client


@pytest.fixture
def site(hub: Hub, writer: Client) -> Site:
    """The website on the test's own simulator."""
    return Site(hub.simulator.world.repositories["acme/website"].git, writer)


@pytest.fixture
def served(shared_hub: Hub, issuer: RunningIssuer) -> Any:
    """Serves over HTTP with the given settings; yields the base URL."""

    def build_it(**changes: Any) -> Any:
        def at(port: int) -> Service:
            url = f"http://127.0.0.1:{port}/mcp"
            return build(shared_hub.settings(port=port, public_url=url, issuer=issuer.url, **changes))

        return serving(at)

    return build_it
