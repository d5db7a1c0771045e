"""Passwords of Postgres in files: read for each new connection, and looked for nowhere else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from devkit.stores.testing import PostgresServer
from servicekit.settings.database_url import read_database_url
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.address import DatabaseAddress, address_from
from servicekit.storage.postgres.login.failures import CannotConnect, PasswordRefused
from tests.fixtures.databases import connected

from .logins import answer, place_of, role_with


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
