"""Fixtures: a store that a test may break, and less patience with it than in production."""

import pytest

from tests.fixtures.forgetful_store import ForgetfulStore


@pytest.fixture
def server(server: ForgetfulStore) -> ForgetfulStore:
    """Without records of another test."""
    server.send("FLUSHALL")
    return server


@pytest.fixture(autouse=True)
def patience_with_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than in production, and less than the health check has."""
    monkeypatch.setattr("servicekit.storage.redis.store.REPLY_TIMEOUT", 0.3)
