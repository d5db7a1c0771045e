"""Connections by address, on a real Postgres: the right password, the right server, words for each failure."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devkit.loopback.ports import free_port
from devkit.settings import DevkitSettings
from devkit.stores.postgres import Postgres
from devkit.stores.running import running
from devkit.stores.testing import PostgresServer
from servicekit.settings.database_url import read_database_url
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.address import DatabaseAddress, address_from
from servicekit.storage.postgres.login.failures import CannotConnect, PasswordRefused
from tests.fixtures.databases import connected

NAMES = st.text(st.characters(exclude_characters="\0,", exclude_categories=("Cs",)), min_size=1, max_size=10)
PASSWORDS = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), min_size=1)


async def answer(address: DatabaseAddress | str, statement: str = "SELECT current_user::text", **options: Any) -> Any:
    connection = await address_from(address).connect(timeout=5, **options)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def place_of(postgres: PostgresServer) -> str:
    return urlsplit(postgres.admin_url).netloc.rpartition("@")[2]


@asynccontextmanager
async def role_with(postgres: PostgresServer, name: str, password: str) -> AsyncIterator[None]:
    async with connected(f"{postgres.admin_url}/postgres") as admin:
        quoted = await admin.fetchrow("SELECT quote_ident($1), quote_literal($2)", name, password)
        await admin.execute(f"CREATE ROLE {quoted[0]} LOGIN PASSWORD {quoted[1]}")
        try:
            yield
        finally:
            await admin.execute(f"DROP ROLE {quoted[0]}")


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


@pytest.mark.parametrize("mode", [0o600, 0o440])
async def test_a_passfile_gives_each_host_its_password(postgres: PostgresServer, tmp_path: Path, mode: int) -> None:
    role, password = f"pass_{uuid4().hex[:8]}", r"a:b\c#d"
    host, port = place_of(postgres).split(":")
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    file = tmp_path / "pgpass"
    file.write_text(f"# comment\n\n{host}:1:*:*:other\n{host}:{port}:postgres:{role}:{escaped}\n*:*:*:*:last\n")
    file.chmod(mode)
    async with role_with(postgres, role, password):
        assert await answer(f"postgresql://{role}@{host}:{port}/postgres?passfile={file}") == role
        file.chmod(0o644)
        with pytest.raises(CannotConnect, match="every user of the machine can use the passfile"):
            await answer(f"postgresql://{role}@{host}:{port}/postgres?passfile={file}")


@pytest.fixture
async def role(postgres: PostgresServer) -> AsyncIterator[str]:
    name = f"rotated_{uuid4().hex[:8]}"
    async with role_with(postgres, name, "first-word"):
        yield name


async def set_password(postgres: PostgresServer, role: str, password: str) -> None:
    async with connected(f"{postgres.admin_url}/postgres") as admin:
        await admin.execute(f"ALTER ROLE {role} PASSWORD '{password}'")


async def test_a_file_that_changes_before_postgres_keeps_the_old_password(
    postgres: PostgresServer, role: str, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("first-word\n")
    address = DatabaseAddress(
        read_database_url(f"postgresql://{role}@{place_of(postgres)}/postgres"), password_file=file
    )
    assert await answer(address) == role
    file.write_text("second-word\n")
    assert await answer(address) == role
    await set_password(postgres, role, "second-word")
    assert await answer(address) == role
    await set_password(postgres, role, "first-word")  # taken back
    assert await answer(address) == role


async def test_a_file_that_changes_after_postgres_is_read_again(
    postgres: PostgresServer, role: str, tmp_path: Path
) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgresql://{role}:first-word@{place_of(postgres)}/postgres\n")
    address = DatabaseAddress(read_database_url(file.read_text().strip()), url_file=file)
    assert await answer(address) == role
    await set_password(postgres, role, "second-word")
    with pytest.raises(PasswordRefused):
        await answer(address)
    file.write_text(f"\ufeffpostgresql://{role}:second-word@{place_of(postgres)}/postgres\r\n", encoding="utf-8")
    assert await answer(address) == role


async def test_an_invalid_url_in_a_file_keeps_the_last_one(
    postgres: PostgresServer, role: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "url"
    url = f"postgresql://{role}:first-word@{place_of(postgres)}/postgres"
    file.write_text(url)
    address = DatabaseAddress(read_database_url(url), name="ORDERS_WRITER_URL", url_file=file)
    assert await answer(address) == role
    file.write_text(f"{url}?sslmode=always")
    with caplog.at_level(logging.WARNING):
        assert await answer(address) == role
        assert await answer(address) == role
    (line,) = (record for record in caplog.records if record.message == "database address kept")
    assert line.__dict__["setting"] == "ORDERS_WRITER_URL"
    assert "sslmode must be" in line.__dict__["reason"]
    file.unlink()
    assert await answer(address) == role


async def test_a_refused_password_is_not_tried_by_every_call(postgres: PostgresServer, role: str) -> None:
    address = address_from(f"postgresql://{role}:wrong-word@{place_of(postgres)}/postgres")
    loop = asyncio.get_running_loop()
    with pytest.raises(PasswordRefused):
        await answer(address)
    began = loop.time()
    for _ in range(100):
        with pytest.raises(PasswordRefused):
            await answer(address)
    assert loop.time() - began < 0.4, "each attempt went to Postgres"


@pytest.mark.parametrize("file_first", [True, False])
async def test_twenty_callers_notice_no_rotation(
    postgres: PostgresServer, role: str, tmp_path: Path, file_first: bool
) -> None:
    file = tmp_path / "password"
    file.write_text("first-word")
    url = read_database_url(f"postgresql://{role}@{place_of(postgres)}/postgres")
    database = Database(DatabaseAddress(url, password="first-word", password_file=file), connections=10)
    await database.start()
    calls = 0
    rotating = True

    async def call() -> None:
        nonlocal calls
        while rotating:
            async with database.without_tenant() as connection:
                await connection.fetchval("SELECT pg_sleep(0.005)")
                calls += 1
                if calls % 20 == 0 and calls % 200:  # most connections end, and new ones need the password
                    connection.terminate()

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(20):
                tasks.create_task(call())
            for number in range(3):
                changes = [
                    lambda password=f"word-{number}": asyncio.to_thread(file.write_text, password),
                    lambda password=f"word-{number}": set_password(postgres, role, password),
                ]
                for change in changes if file_first else reversed(changes):
                    await change()
                    before = calls
                    async with asyncio.timeout(10):
                        while calls < before + 50:  # noqa: ASYNC110  # the callers count without waiting for a lock
                            await asyncio.sleep(0.01)
            rotating = False
    finally:
        await database.stop()
    assert calls > 300


async def test_open_connections_move_when_the_url_s_file_names_another_place(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    file = tmp_path / "url"
    url = f"{postgres.admin_url}/postgres"
    file.write_text(url)
    database = Database(DatabaseAddress(read_database_url(url), url_file=file))
    await database.start()
    try:
        async with database.without_tenant() as connection:
            assert await connection.fetchval("SELECT current_database()") == "postgres"
        file.write_text(f"{postgres.admin_url}/template1")
        await database.check()
        async with database.without_tenant() as connection:
            assert await connection.fetchval("SELECT current_database()") == "template1"
    finally:
        await database.stop()


async def test_no_password_is_looked_for_elsewhere(
    postgres: PostgresServer, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "first-word")
    url = f"postgresql://{role}@{place_of(postgres)}/postgres"
    assert await answer(url) == role  # libpq's variable
    fixed = DatabaseAddress(read_database_url(url, {}))
    with pytest.raises((PasswordRefused, asyncpg.InterfaceError)):
        await answer(fixed)
