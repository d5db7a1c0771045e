"""Fixture: two replicas of one service."""

from collections.abc import Iterator

import pytest

from devkit.issuer.testing import RunningIssuer

from .subscribers import Replicas, replicas


@pytest.fixture(scope="module")
def pair(issuer: RunningIssuer, valkey_url: str) -> Iterator[Replicas]:
    """Two replicas for the tests that break nothing."""
    with replicas(issuer, 2, redis_url=valkey_url, subscriptions_caller=3) as made:
        yield made
