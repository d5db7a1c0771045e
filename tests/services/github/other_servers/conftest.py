"""Fixtures: a simulated server of GitHub's API other than github.com, and a client of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from mcp.client import Client

from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.testing import simulator_in_thread
from devkit.simulators.github.variants import Variant
from tests.services.github.scene import Hub

from .other_server import BASE, fill


@pytest.fixture
def other(valkey_url: str, tmp_path: Path) -> Iterator[Hub]:
    with simulator_in_thread(tmp_path / "repositories", fill, Variant()) as running:
        yield Hub(running, valkey_url, tmp_path)


@pytest.fixture
def widget(other: Hub) -> Repository:
    return other.simulator.world.repositories["tools/widget"]


@pytest.fixture
async def client(other: Hub) -> AsyncIterator[Client]:
    """The official client of a server that is configured only with the URL of the API."""
    async with other.client(api_url=f"{other.running.url}{BASE}", log_hosts=None) as client:
        yield client
