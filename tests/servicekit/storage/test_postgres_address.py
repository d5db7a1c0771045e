"""Connections by address, on a real Postgres: the right password, the right server, words for each failure."""

import asyncio
import socket
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devkit.loopback.ports import free_port
from devkit.settings import DevkitSettings
from devkit.stores.postgres import Postgres
from devkit.stores.running import running
from devkit.stores.testing import PostgresServer
from servicekit.storage.postgres.login.address import address_from
from servicekit.storage.postgres.login.failures import CannotConnect, PasswordRefused

from .logins import answer, place_of, role_with

NAMES = st.text(st.characters(exclude_characters="\0,", exclude_categories=("Cs",)), min_size=1, max_size=10)
PASSWORDS = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), min_size=1)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(name="Größe @:/?#[]%", password="Zürich € 😀 @:/?#[]%")
@given(name=NAMES, password=PASSWORDS)
async def test_any_role_and_password_logs_in(postgres: PostgresServer, name: str, password: str) -> None:
    role = f"{name}{uuid4().hex[:8]}"
    async with role_with(postgres, role, password):
        url = f"postgresql://{quote(role, safe='')}:{quote(password, safe='')}@{place_of(postgres)}/postgres"
        assert await answer(url) == role


async def test_a_refused_password_is_said_with_the_next_step(postgres: PostgresServer) -> None:
    url = f"postgresql://postgres:hidden-word@{place_of(postgres)}/postgres"
    with pytest.raises(PasswordRefused, match="refuses the login of postgres") as refused:
        await answer(url)
    assert "ALTER ROLE" in str(refused.value)
    assert "hidden-word" not in str(refused.value)


async def test_a_missing_database_and_host_are_named(postgres: PostgresServer) -> None:
    with pytest.raises(CannotConnect, match="has no database nowhere"):
        await answer(f"{postgres.admin_url}/nowhere")
    with pytest.raises(CannotConnect, match=r"the host name nowhere\.invalid is unknown"):
        await answer("postgresql://role:secret@nowhere.invalid/database")


async def test_settings_of_the_url_reach_the_session(postgres: PostgresServer) -> None:
    url = f"{postgres.admin_url}/postgres?application_name=shop&options=-c%20lock_timeout%3D7s&keepalives_idle=30"
    statement = "SELECT current_setting('application_name') || ' ' || current_setting('lock_timeout')"
    assert await answer(url, statement, server_settings={"application_name": "ours", "jit": "off"}) == "shop 7s"


async def test_the_first_host_that_is_down_is_passed_over(postgres: PostgresServer, free_port: int) -> None:
    url = f"{postgres.admin_url}/postgres".replace("@", f"@127.0.0.1:{free_port},")
    assert await answer(url) == "postgres"
    with pytest.raises(CannotConnect, match="none of 2 hosts is standby"):
        await answer(f"{url}?target_session_attrs=standby")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_host_that_does_not_answer_leaves_time_for_the_next(postgres: PostgresServer, silent_port: int) -> None:
    address = address_from(f"{postgres.admin_url}/postgres".replace("@", f"@127.0.0.1:{silent_port},"))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await (await address.connect(timeout=2)).close()
    assert 0.9 < loop.time() - began < 2
    began = loop.time()
    await (await address.connect(timeout=2)).close()  # the host that answered goes first
    assert loop.time() - began < 0.9


async def test_one_host_that_hangs_ends_at_its_timeout(silent_port: int) -> None:
    address = address_from(f"postgresql://role:secret@127.0.0.1:{silent_port}/database?connect_timeout=1")
    with pytest.raises(TimeoutError):
        await address.connect(timeout=30)


@pytest.fixture(scope="module")
def on_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server that also listens on a Unix socket."""
    folder = tmp_path_factory.mktemp("postgres")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    sockets = folder / "sockets"
    sockets.mkdir()
    sockets.chmod(0o777)
    server = Postgres(
        folder,
        free_port(),
        "secret",
        durable=False,
        settings=DevkitSettings(),
        options={"unix_socket_directories": str(sockets)},
    )
    with running(server):
        yield server


@pytest.mark.parametrize(
    "place",
    ["@{encoded}:{port}/postgres?", "@:{port}/postgres?host={folder}&", "@/postgres?host={folder}&port={port}&"],
)
async def test_a_unix_socket_is_used(on_socket: Postgres, place: str) -> None:
    folder = str(on_socket.directory / "sockets")
    url = place.format(encoded=quote(folder, safe=""), folder=folder, port=on_socket.port)
    for mode in ("prefer", "require"):  # as in libpq, TLS is for TCP
        assert await answer(f"postgresql://postgres:secret{url}sslmode={mode}", "SELECT inet_client_addr() IS NULL")
