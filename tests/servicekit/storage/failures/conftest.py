"""Fixtures: a store that a test may break, and less patience with it than in production."""

from collections.abc import Iterator

import pytest

from tests.fixtures.forgetful_store import ForgetfulStore, forgetful_store


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForgetfulStore]:
    with forgetful_store(tmp_path_factory.mktemp("failures") / "valkey") as server:
        yield server


@pytest.fixture
def server(own_server: ForgetfulStore) -> ForgetfulStore:
    own_server.send("FLUSHALL")
    return own_server


@pytest.fixture(autouse=True)
def patience_with_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than in production, and less than the health check has."""
    monkeypatch.setattr("servicekit.storage.redis.store.REPLY_TIMEOUT", 0.3)
