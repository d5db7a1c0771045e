"""Fixtures: a simulated Zendesk for each test, and clients of its administrator and of an agent."""

from collections.abc import Iterator

import httpx2
import pytest

from devkit.simulators.zendesk.seed import SIMULATED_OAUTH_TOKEN
from devkit.simulators.zendesk.testing import RunningSimulator, simulator_in_thread
from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with simulator_in_thread() as running:
        yield running


@pytest.fixture
def zendesk(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    credentials = (f"{SIMULATED_EMAIL}/token", SIMULATED_TOKEN)
    with httpx2.Client(base_url=f"{simulator.url}/api/v2", auth=credentials) as client:
        yield client


@pytest.fixture
def agent(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {SIMULATED_OAUTH_TOKEN}"}
    with httpx2.Client(base_url=f"{simulator.url}/api/v2", headers=headers) as client:
        yield client
