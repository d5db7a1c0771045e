"""Fixtures: the server on the simulated API."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from mcp.client import Client

from billing_mcp.app import build
from billing_mcp.settings import BillingSettings
from devkit.simulators.openapi.testing import RunningSimulator, simulator_in_thread
from servicekit.testing.service import caller, connect


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[RunningSimulator]:
    with simulator_in_thread("billing") as running:
        yield running


@pytest.fixture
def billing_api(running_simulator: RunningSimulator) -> Iterator[RunningSimulator]:
    """The simulator with an empty request log and no faults."""
    running_simulator.simulator.request_log.clear()
    yield running_simulator
    running_simulator.simulator.faults.pending.clear()


@pytest.fixture
async def client(billing_api: RunningSimulator, tmp_path: Path) -> AsyncIterator[Client]:
    """The official client of a reader, on a server without a store."""
    settings = BillingSettings(
        public_url="http://127.0.0.1:8199/mcp",
        issuer="http://127.0.0.1:9/",
        audit_file=tmp_path / "audit.jsonl",
        base_url=billing_api.url,
    )
    service = build(settings)
    async with service.running(), connect(service, caller("billing:read")) as client:
        yield client
