"""The stores in containers, where a Docker engine answers. Imports its libraries late: most machines have no engine."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from devkit.settings import DevkitSettings

POSTGRES_IMAGE = "postgres:18-alpine"
VALKEY_IMAGE = "valkey/valkey:9-alpine"
ENGINE_TIMEOUT = 3
"""Seconds to wait for the engine's answer; without an engine it is refused in milliseconds."""


def engine_answers(settings: DevkitSettings) -> bool:
    """Whether a Docker engine answers at DOCKER_HOST or the usual socket.

    Asked by hand: the client library leaves its socket open when nobody listens.
    """
    with suppress(OSError), _connect(settings.docker_host) as connection:
        connection.settimeout(ENGINE_TIMEOUT)
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        # A TLS-only engine answers this with an alert, which is an answer too.
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
    """The superuser's URL, without a database name, of Postgres in a container."""
    from testcontainers.community.postgres import PostgresContainer

    password = secrets.token_urlsafe(12)
    with PostgresContainer(
        POSTGRES_IMAGE, username="postgres", password=password, dbname="postgres", driver=None
    ).with_command("postgres -c max_connections=200 -c fsync=off -c full_page_writes=off") as container:
        address = f"{container.get_container_host_ip()}:{container.get_exposed_port(5432)}"
        yield f"postgresql://postgres:{password}@{address}"


@contextmanager
def valkey_container() -> Iterator[str]:
    """The URL of Valkey in a container."""
    from testcontainers.community.redis import RedisContainer

    with RedisContainer(VALKEY_IMAGE) as container:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
