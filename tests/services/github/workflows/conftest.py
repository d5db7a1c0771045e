"""Fixture: the repository whose workflows run."""

import pytest

from devkit.simulators.github.records.repositories import Repository
from tests.services.github.scene import Hub


@pytest.fixture
def site(hub: Hub) -> Repository:
    return hub.simulator.world.repositories["acme/website"]
