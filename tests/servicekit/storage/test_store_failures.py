"""Failures of a store that runs: each is unavailable, its cause is logged once with the next step, and it ends."""

import asyncio
import logging
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ResponseError

from devkit.loopback.ports import free_port
from devkit.settings import DevkitSettings
from devkit.stores.binaries import find_valkey
from servicekit.core.errors import Unavailable
from servicekit.core.health import Health
from servicekit.storage.redis.errors import failure_of
from servicekit.storage.redis.store import RedisStore
from tests.fixtures.forgetful_store import ForgetfulStore, forgetful_store

_ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForgetfulStore]:
    with forgetful_store(tmp_path_factory.mktemp("failures") / "valkey") as server:
        yield server


@pytest.fixture
def server(own_server: ForgetfulStore) -> ForgetfulStore:
    own_server.send("FLUSHALL")
    return own_server


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[RedisStore]:
    store = RedisStore(url)
    try:
        yield store
    finally:
        await store.stop()


async def write(store: RedisStore) -> int:
    return int(await store.run(store.script(_ADD)(keys=["mcp:{test}:count"], args=[1]), name="EVALSHA"))


async def read(store: RedisStore) -> Any:
    return await store.run(store.redis.get("mcp:{test}:count"), name="GET")


async def parts_of(store: RedisStore) -> dict[str, str]:
    """What the health page says of its parts, whether it works or not."""
    await Health([store]).report()
    return dict(store.parts)


def causes(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [record for record in caplog.records if record.message == "dependency unavailable"]
    assert all(record.next_step.endswith(".") for record in found)  # type: ignore[attr-defined]
    return [record.reason for record in found]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def patience_with_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than in production, and less than the health check has."""
    monkeypatch.setattr("servicekit.storage.redis.store.REPLY_TIMEOUT", 0.3)


Send = Callable[..., bytes]


@contextmanager
def full(send: Send) -> Iterator[None]:
    send("CONFIG", "SET", "maxmemory", "1")
    yield
    send("CONFIG", "SET", "maxmemory", "0")


@contextmanager
def replica(send: Send) -> Iterator[None]:
    send("REPLICAOF", "127.0.0.1", "1")
    yield
    send("REPLICAOF", "NO", "ONE")


@contextmanager
def replica_without_data(send: Send) -> Iterator[None]:
    send("CONFIG", "SET", "replica-serve-stale-data", "no")
    with replica(send):
        yield
    send("CONFIG", "SET", "replica-serve-stale-data", "yes")


@contextmanager
def few_replicas(send: Send) -> Iterator[None]:
    send("CONFIG", "SET", "min-replicas-to-write", "1")
    yield
    send("CONFIG", "SET", "min-replicas-to-write", "0")


@contextmanager
def denied(send: Send) -> Iterator[None]:
    send("ACL", "SETUSER", "default", "resetkeys", "~other:*")
    yield
    send("ACL", "SETUSER", "default", "allkeys")


@contextmanager
def read_only_user(send: Send) -> Iterator[None]:
    send("ACL", "SETUSER", "default", "-@write")
    yield
    send("ACL", "SETUSER", "default", "+@all")


@contextmanager
def unsaved(send: Send) -> Iterator[None]:
    folder = send("CONFIG", "GET", "dir").split(b"\r\n")[4].decode()
    shutil.rmtree(folder)
    send("CONFIG", "SET", "save", "3600 1")
    send("BGSAVE")
    wait_for(lambda: b"rdb_last_bgsave_status:err" in send("INFO", "persistence"))
    yield
    send("CONFIG", "SET", "save", "")


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


STATES: dict[str, tuple[Callable[[Send], Any], str, str]] = {
    "full": (full, "the memory of the store is full", "ok"),
    "a replica": (replica, "the server is a replica, which refuses writes", "ok"),
    "a replica without data": (
        replica_without_data,
        "the server is a replica that has lost its primary",
        "unavailable",
    ),
    "too few replicas": (few_replicas, "the store has fewer replicas than min-replicas-to-write demands", "ok"),
    "a user without rights": (denied, "the user of the store may not run a command or use a key", "unavailable"),
    "a user that only reads": (read_only_user, "the user of the store may not run a command or use a key", "ok"),
    "not saved": (unsaved, "the store cannot save its data and refuses writes", "ok"),
}


@pytest.mark.parametrize("state", STATES)
async def test_a_store_that_refuses_writes_says_why_once(
    server: ForgetfulStore, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    begin, cause, reads = STATES[state]
    async with opened(server.url) as store:
        assert await write(store) == 1
        with caplog.at_level(logging.WARNING), begin(server.send):
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await write(store)
            if reads == "ok":
                assert await read(store) == b"1"
            assert await parts_of(store) == {"reads": reads, "writes": "unavailable"}
        assert causes(caplog) == [cause]
        store._paused_until = 0.0
        assert await write(store) == 2
        assert await parts_of(store) == {"reads": "ok", "writes": "ok"}


async def test_writes_are_refused_while_reads_are_served_at_once(server: ForgetfulStore) -> None:
    async with opened(server.url) as store:
        await write(store)
        with full(server.send):
            started = time.perf_counter()
            for _ in range(20):
                with pytest.raises(Unavailable):
                    await write(store)
                assert await read(store) == b"1"
            assert time.perf_counter() - started < 1.0  # the pause after a failure would end half of them


async def test_too_many_clients_are_named(server: ForgetfulStore, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(server.url) as holder, opened(server.url) as store:
        await write(holder)
        server.send("CONFIG", "SET", "maxclients", "2")
        address = server.url.removeprefix("redis://").partition("/")[0].split(":")
        last = socket.create_connection((address[0], int(address[1])))
        with last, caplog.at_level(logging.WARNING), pytest.raises(Unavailable):
            await write(store)
        await holder.run(holder.redis.config_set("maxclients", 1000), name="CONFIG SET")
        assert causes(caplog) == ["the store has no connection left (maxclients)"]


PASSWORDS: dict[str, tuple[list[str], str, str]] = {
    "no password": ([">wanted-by-the-store"], "", "the store demands a password"),
    "a wrong password": ([">wanted-by-the-store"], "user:wrong-password@", "the store refuses the user or password"),
    "an unknown user": ([">wanted-by-the-store"], "stranger:some-password@", "the store refuses the user or password"),
}


@pytest.mark.parametrize("case", PASSWORDS)
async def test_a_login_that_fails_is_named(server: ForgetfulStore, caplog: pytest.LogCaptureFixture, case: str) -> None:
    rules, login, cause = PASSWORDS[case]
    admin = RedisStore(server.url)
    await admin.redis.acl_setuser("user", enabled=True, passwords=["+right-password"], keys=["*"], commands=["+@all"])
    await admin.redis.execute_command("ACL", "SETUSER", "default", "resetpass", *rules)
    try:
        with caplog.at_level(logging.WARNING):
            async with opened(server.url.replace("redis://", f"redis://{login}")) as store:
                for _ in range(2):
                    with pytest.raises(Unavailable):
                        await write(store)
    finally:
        await admin.redis.execute_command("ACL", "SETUSER", "default", "nopass")
        await admin.stop()
    assert causes(caplog) == [cause]
    assert not any(word in caplog.text for word in ("wrong-password", "some-password"))


async def test_a_user_that_may_not_choose_a_database_is_named(
    server: ForgetfulStore, caplog: pytest.LogCaptureFixture
) -> None:
    server.send("ACL", "SETUSER", "narrow", "reset", "on", ">password-of-narrow", "~mcp:*", "+@all", "-select")
    url = server.url.replace("redis://", "redis://narrow:password-of-narrow@").removesuffix("/0")
    with caplog.at_level(logging.WARNING):
        async with opened(f"{url}/0") as store:
            assert await write(store) == 1
        async with opened(f"{url}/1") as store:
            with pytest.raises(Unavailable):
                await write(store)
    assert causes(caplog) == ["the user of the store may not choose a database (SELECT)"]


@pytest.mark.parametrize(
    "message",
    [
        "ERR The user executing the script can't run this command or subcommand script: 9c1f",
        "The user executing the script can't access at least one of the keys mentioned in the command arguments",
        "ACL failure in script: User app has no permissions to run the 'time' command",
    ],
)
def test_a_right_that_a_script_lacks_is_named(message: str) -> None:
    assert "may not run a command" in failure_of(ResponseError(message)).cause


async def test_a_user_that_may_not_read_the_time_is_found(server: ForgetfulStore) -> None:
    server.send("ACL", "SETUSER", "default", "-time")
    try:
        async with opened(server.url) as store:
            assert await parts_of(store) == {"reads": "ok", "writes": "unavailable"}
    finally:
        server.send("ACL", "SETUSER", "default", "+@all")


ADDRESSES: dict[str, tuple[str, str]] = {
    "no server": ("redis://127.0.0.1:{free}/0", "the server refuses connections"),
    "an unknown host": ("redis://store.invalid/0", "the host name of the store is unknown"),
    "TLS to a plain port": ("rediss://127.0.0.1:{port}/0", "no connection in time"),
    "a Cluster that is none": ("redis+cluster://127.0.0.1:{port}", "the server is no node of a Cluster"),
    "a Sentinel that is none": ("redis+sentinel://127.0.0.1:{port}/main", "the server does not know a command"),
    "no Sentinel": ("redis+sentinel://127.0.0.1:{free}/main", "the server refuses connections"),
    "no seed": ("redis+cluster://127.0.0.1:{free}", "the server refuses connections"),
    "a missing socket": ("unix:///nowhere/redis.sock", "the Unix socket of the store is missing"),
    "a database that is none": ("redis://127.0.0.1:{port}/99", "the store has no database of that number"),
}


@pytest.mark.parametrize("case", ADDRESSES)
async def test_a_wrong_address_is_named(server: ForgetfulStore, caplog: pytest.LogCaptureFixture, case: str) -> None:
    url, cause = ADDRESSES[case]
    port = server.url.rpartition(":")[2].removesuffix("/0")
    with caplog.at_level(logging.WARNING):
        async with opened(url.format(free=free_port(), port=port)) as store:
            with pytest.raises(Unavailable):
                await write(store)
            assert await parts_of(store) == {"reads": "unavailable", "writes": "unavailable"}
    assert causes(caplog) == [cause]


async def test_a_store_that_loads_its_data_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with started("--dir", str(tmp_path)) as port:
        async with opened(f"redis://127.0.0.1:{port}") as store:
            await store.redis.mset({f"key:{number}": "x" * 50 for number in range(50_000)})
            await store.redis.save()
    slow = ("--key-load-delay", "100", "--loading-process-events-interval-bytes", "1024")
    with started("--dir", str(tmp_path), *slow) as port, caplog.at_level(logging.WARNING):
        async with opened(f"redis://127.0.0.1:{port}") as store:
            with pytest.raises(Unavailable):
                await write(store)
    assert causes(caplog) == ["the server is loading its data"]


@contextmanager
def started(*options: str) -> Iterator[int]:
    """A server that may not answer yet; its port."""
    port = free_port()
    command: list[str | Path] = [
        find_valkey(DevkitSettings()),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: _listens(port))
            yield port
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_a_primary_that_became_a_replica_is_left(server: ForgetfulStore) -> None:
    """The host name may lead to the new primary by now, so that connections are opened again."""
    async with opened(server.url) as store:
        await write(store)
        before = await store.run(store.redis.client_id(), name="CLIENT ID")
        with replica(server.send), pytest.raises(Unavailable):
            await write(store)
        assert await write(store) == 2
        assert await store.run(store.redis.client_id(), name="CLIENT ID") != before


async def test_a_script_that_the_store_forgot_runs_once(server: ForgetfulStore) -> None:
    async with opened(server.url) as store:
        add = store.script(_ADD)
        for expected in range(1, 4):
            assert await store.run(add(keys=["mcp:{test}:count"], args=[1]), name="EVALSHA") == expected
            server.send("SCRIPT", "FLUSH")


async def test_a_unix_socket_serves() -> None:
    with tempfile.TemporaryDirectory() as folder:  # short: the path of a socket has at most 107 characters
        path = Path(folder, "store")
        with started("--unixsocket", str(path), "--requirepass", "of-the-socket"):
            wait_for(path.exists)
            async with opened(f"unix://:of-the-socket@{path}?db=3") as store:
                assert await write(store) == 1
                (client,) = await store.redis.client_list()
    assert client["db"] == "3"
    assert f"{path}:0" in client["addr"]


async def test_cancelled_commands_leave_no_reply_for_others(server: ForgetfulStore) -> None:
    async with opened(server.url) as store:
        for number in range(100):
            task = asyncio.create_task(store.run(store.redis.set(f"k:{number}", number), name="SET"))
            await asyncio.sleep(0)
            if number % 2:
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert await store.run(store.redis.echo(f"e{number}"), name="ECHO") == f"e{number}".encode()
