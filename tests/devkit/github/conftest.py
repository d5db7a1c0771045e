"""Fixtures: a simulated GitHub for each test, and a client with the token of the development stack."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from devkit.simulators.github.testing import RunningSimulator, simulator_in_thread
from devkit.simulators.github.world import SIMULATED_TOKEN


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[RunningSimulator]:
    with simulator_in_thread(tmp_path / "github") as running:
        yield running


@pytest.fixture
def github(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {SIMULATED_TOKEN}", "User-Agent": "tests"}
    with httpx2.Client(base_url=simulator.url, headers=headers) as client:
        yield client
