"""Runs the stores in Docker containers. Imports its libraries late, because most machines have no Docker engine."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from devkit.settings import DevkitSettings

POSTGRES_IMAGE = "postgres:18-alpine"
VALKEY_IMAGE = "valkey/valkey:9-alpine"
ENGINE_TIMEOUT = 3
"""Seconds until the engine must answer; without an engine the connection is refused in milliseconds."""


def engine_answers(settings: DevkitSettings) -> bool:
    """Whether a Docker engine answers at DOCKER_HOST or the usual socket.

    Uses a plain socket: the client library leaves its socket open when the connection is refused.
    """
    with suppress(OSError), _connect(settings.docker_host) as connection:
        connection.settimeout(ENGINE_TIMEOUT)
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        # A TLS-only engine sends an alert, which counts as an answer.
        return bool(connection.recv(16))
    return False


def _connect(address: str) -> socket.socket:
    url = urlsplit(address)
    if url.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(url.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((url.hostname or "", url.port or 2375), timeout=ENGINE_TIMEOUT)


@contextmanager
def postgres_container() -> Iterator[str]:
    """Postgres in a container; yields the superuser's URL without a database name."""
    from testcontainers.community.postgres import PostgresContainer

    password = secrets.token_urlsafe(12)
    with PostgresContainer(
        POSTGRES_IMAGE, username="postgres", password=password, dbname="postgres", driver=None
    ).with_command("postgres -c max_connections=200 -c fsync=off -c full_page_writes=off") as container:
        address = f"{container.get_container_host_ip()}:{container.get_exposed_port(5432)}"
        yield f"postgresql://postgres:{password}@{address}"


@contextmanager
def valkey_container() -> Iterator[str]:
    """Valkey in a container; yields its URL."""
    from testcontainers.community.redis import RedisContainer

    with RedisContainer(VALKEY_IMAGE) as container:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
