"""Fixtures: a repository whose main branch has requirements, on each API of GitHub."""

import pytest

from devkit.simulators.github.records.repositories import Repository
from tests.services.github.scene import Hub


@pytest.fixture
def site(hub: Hub) -> Repository:
    """The repository acme/website, which the server's account does not administer."""
    found: Repository = hub.simulator.world.repositories["acme/website"]
    found.admins = frozenset()
    return found


@pytest.fixture(params=["GraphQL", "REST alone"])
def api(request: pytest.FixtureRequest, hub: Hub) -> None:
    """The APIs of GitHub that answer."""
    if request.param != "GraphQL":
        hub.misbehave("error", path="*/graphql", status=404, times=99)
