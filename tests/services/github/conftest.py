"""A simulated GitHub that all tests share for reading, and one for each test that changes something."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from mcp.client import Client

from devkit.simulators.github.serving import simulator_in_thread
from servicekit.server.service import Service
from servicekit.testing.service import connect

from .scene import Hub, somebody


@pytest.fixture(scope="session")
def shared_hub(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Seeded; nobody writes to it."""
    directory = tmp_path_factory.mktemp("shared-github")
    with simulator_in_thread(directory / "repositories") as running:
        yield Hub(running, valkey_url, directory)


@pytest.fixture
def hub(valkey_url: str, tmp_path: Path) -> Iterator[Hub]:
    """Seeded, for one test."""
    with simulator_in_thread(tmp_path / "repositories") as running:
        yield Hub(running, valkey_url, tmp_path)


@pytest.fixture(scope="session")
async def shared_service(shared_hub: Hub) -> AsyncIterator[Service]:
    """A server of it, running."""
    service = shared_hub.service()
    async with service.running():
        yield service


@pytest.fixture
async def reader(shared_service: Service) -> AsyncIterator[Client]:
    """The official client of somebody who may do everything, on the GitHub that nobody writes to."""
    async with connect(shared_service, somebody()) as client:
        yield client


@pytest.fixture
async def writer(hub: Hub) -> AsyncIterator[Client]:
    """The same, on one of its own."""
    async with hub.client() as client:
        yield client
