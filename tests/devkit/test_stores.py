"""Postgres and Valkey start, answer, keep their data and stop completely."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from devkit.errors import DevkitError
from devkit.loopback.ports import find_listener, free_port, is_listening, require_free
from devkit.settings import DevkitSettings
from devkit.stores.binaries import find_postgres, find_valkey
from devkit.stores.docker import engine_answers
from devkit.stores.postgres import Postgres
from devkit.stores.running import running
from devkit.stores.testing import PostgresServer, postgres_for_tests
from devkit.stores.valkey import Valkey
from devkit.supervisor.process_table import process_is_alive

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="not root: run them as root")


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def cluster(folder: Path, **changes: object) -> Postgres:
    settings = {"durable": False, **changes}
    return Postgres(folder, free_port(), "secret", **settings)  # type: ignore[arg-type] - any field may be changed


async def one(admin_url: str, statement: str) -> object:
    connection = await asyncpg.connect(f"{admin_url}/postgres")
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_postgres_is_18_with_unicode_case_folding(postgres: PostgresServer) -> None:
    assert int(str(await one(postgres.admin_url, "SHOW server_version_num"))) >= 180000
    assert await one(postgres.admin_url, "SELECT lower('ÅÉ')") == "åé"


async def test_valkey_answers(valkey_url: str) -> None:
    async with Redis.from_url(valkey_url) as client:
        assert await client.ping()


def test_cluster_survives_restart_and_stale_lock_file(tmp_path: Path) -> None:
    server = cluster(tmp_path / "postgres")
    with running(server):
        asyncio.run(one(server.admin_url, "CREATE TABLE kept AS SELECT 7 AS value"))
        lock = (server.data / "postmaster.pid").read_text()
    # As after `kill -9`, with the process id of another live process.
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lock.splitlines()[1:]]))
    with running(server):
        assert asyncio.run(one(server.admin_url, "SELECT value FROM kept")) == 7
    assert not is_listening(server.port)


def test_second_server_on_a_cluster_is_refused(tmp_path: Path) -> None:
    server = cluster(tmp_path / "postgres")
    with running(server) as process_id, pytest.raises(DevkitError, match=f"kill -INT {process_id}"):
        server.prepare()


@as_root
def test_root_runs_postgres_without_privileges(tmp_path: Path) -> None:
    # Below a directory that only root may enter, like a clone in /root.
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = cluster(closed / "postgres", privilege_drops=("nobody",))
    with running(server) as process_id:
        assert Path(f"/proc/{process_id}").stat().st_uid == 65534
        asyncio.run(one(server.admin_url, "CREATE TABLE kept AS SELECT 7 AS value"))
    # With user namespaces again, the data is kept.
    again = cluster(closed / "postgres")
    with running(again):
        assert asyncio.run(one(again.admin_url, "SELECT value FROM kept")) == 7


@as_root
def test_root_without_privilege_drop_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DevkitError, match="Run as an ordinary user"):
        cluster(tmp_path / "postgres", privilege_drops=()).prepare()


def test_cluster_of_another_major_version_is_reported(tmp_path: Path) -> None:
    server = cluster(tmp_path / "postgres")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(DevkitError, match=r"made by Postgres 15.*Delete .*postgres.*PG_BIN"):
        server.prepare()


def test_incomplete_cluster_is_reported(tmp_path: Path) -> None:
    server = cluster(tmp_path / "postgres")
    server.data.mkdir(parents=True)
    (server.data / "half").touch()
    with pytest.raises(DevkitError, match="interrupted"):
        server.prepare()


def test_failed_store_start_shows_its_log(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Valkey(tmp_path / "valkey", taken.getsockname()[1])
        with pytest.raises(DevkitError, match=r"Valkey ended at once(.|\n)*already in use"), running(server):
            pass


async def test_valkey_keeps_its_data_when_durable(tmp_path: Path) -> None:
    server = Valkey(tmp_path / "valkey", free_port())
    for expected in (None, b"kept"):
        with running(server):
            async with Redis.from_url(server.url) as client:
                assert await client.get("name") == expected
                await client.set("name", "kept")


def test_killed_parent_stops_the_store(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import sys, time; from pathlib import Path\n"
        "from devkit.stores.postgres import Postgres; from devkit.stores.running import running\n"
        f"with running(Postgres(Path({str(tmp_path / 'postgres')!r}), {port}, 'secret', durable=False)) as process:\n"
        "    print(process, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        process_id = int(owner.stdout.readline())
        assert is_listening(port)
        owner.send_signal(signal.SIGKILL)
    wait_until(lambda: not process_is_alive(process_id), "Postgres outlived its owner")
    assert not is_listening(port)


def test_missing_binary_is_reported(tmp_path: Path) -> None:
    settings = DevkitSettings(PG_BIN=tmp_path, REDIS_BIN=tmp_path / "valkey-server")
    with pytest.raises(DevkitError, match="PG_BIN"):
        find_postgres(settings)
    with pytest.raises(DevkitError, match="REDIS_BIN"):
        find_valkey(settings)


def test_setting_selects_the_postgres_binaries() -> None:
    chosen = find_postgres(DevkitSettings())
    assert find_postgres(DevkitSettings(PG_BIN=chosen)) == chosen


def test_unreachable_docker_engine_is_detected(tmp_path: Path) -> None:
    assert not engine_answers(DevkitSettings(DOCKER_HOST=f"unix://{tmp_path}/docker.sock"))
    assert not engine_answers(DevkitSettings(DOCKER_HOST=f"tcp://127.0.0.1:{free_port()}"))


def test_docker_mode_without_an_engine_fails(tmp_path: Path) -> None:
    settings = DevkitSettings(TEST_SERVICES="docker", DOCKER_HOST=f"unix://{tmp_path}/docker.sock")
    with pytest.raises(DevkitError, match="TEST_SERVICES=embedded"), postgres_for_tests(settings):
        pass


async def test_auto_mode_uses_binaries_without_docker(tmp_path: Path) -> None:
    settings = DevkitSettings(TEST_SERVICES="auto", DOCKER_HOST=f"unix://{tmp_path}/docker.sock")
    with postgres_for_tests(settings) as server:
        assert await one(server.admin_url, "SELECT 1") == 1


def test_taken_port_names_its_process() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert find_listener(port) is not None
        with pytest.raises(DevkitError, match=rf"Port {port}, needed for tests, .*{os.getpid()} .*Try another"):
            require_free(port, "tests", "Try another.")
    require_free(port, "tests", "")
