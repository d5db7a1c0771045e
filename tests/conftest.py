"""Fixtures for every test: real stores, the development issuer, a free port. And the last line of a run."""

import signal
from collections.abc import Iterator

import hypothesis
import pytest

from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from devkit.loopback.ports import free_port as find_free_port
from devkit.settings import WORKSPACE
from devkit.stores.testing import PostgresServer, postgres_for_tests, valkey_for_tests
from devkit.workspace.services import discover
from servicekit.storage.redis import store as redis
from tests.fixtures.permanent_keys import keys_that_never_expire

from .fixtures.skipped_summary import (  # noqa: F401 - hooks of pytest
    pytest_deselected,
    pytest_sessionfinish,
    pytest_testnodedown,
    pytest_unconfigure,
)

# A busy machine is no defect of what is tested.
hypothesis.settings.register_profile("fleet", deadline=None)
hypothesis.settings.load_profile("fleet")
# A script's background job ignores Ctrl-C, and with it would every program that tests start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A Postgres server for this session; `admin_url` is the superuser's, without a database name."""
    with postgres_for_tests() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The URL of a Valkey server for this session. Whatever the tests made the servers store, it expires."""
    with valkey_for_tests() as url:
        yield url
        assert keys_that_never_expire(url) == []


@pytest.fixture(autouse=True)
def patience_with_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls wait longer for the store than in production: a busy machine is no outage. Tests of outages do not."""
    monkeypatch.setattr(redis, "REPLY_TIMEOUT", 1.0)


@pytest.fixture(autouse=True)
def no_attempt_of_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases of these tests have no TLS unless their URL says so.

    The driver leaves a future behind when a login is cut while it asks for TLS (asyncpg's `TLSUpgradeProto`), and the
    test that runs at that moment would fail with "unexpected connection_lost() call".
    """
    monkeypatch.setenv("PGSSLMODE", "disable")


@pytest.fixture
def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    return find_free_port()


@pytest.fixture(scope="session")
def issuer() -> Iterator[RunningIssuer]:
    """The development issuer over real HTTP: `url`, `key`, and `mint(audience, scopes=...)`, right tokens and wrong."""
    scopes = [scope for service in discover(WORKSPACE) for scope in service.scopes]
    with issuer_in_thread(scopes) as running:
        yield running
