"""Failures of a store that runs: each is unavailable, its cause is logged once with the next step, and it ends."""

import asyncio
import logging
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from servicekit.core.errors import Unavailable
from tests.fixtures.forgetful_store import ForgetfulStore

from .failing_store import ADD, causes, opened, parts_of, read, started, wait_for, write

Send = Callable[..., bytes]
State = Callable[[Send], AbstractContextManager[None]]


def state(begin: tuple[str, ...], end: tuple[str, ...]) -> State:
    """The state of a store from one command to the other."""

    @contextmanager
    def during(send: Send) -> Iterator[None]:
        send(*begin)
        yield
        send(*end)

    return during


full = state(("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"))
replica = state(("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"))
few_replicas = state(("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0"))
denied = state(
    ("ACL", "SETUSER", "default", "resetkeys", "~other:*"),
    ("ACL", "SETUSER", "default", "allkeys"),
)
read_only_user = state(("ACL", "SETUSER", "default", "-@write"), ("ACL", "SETUSER", "default", "+@all"))


@contextmanager
def replica_without_data(send: Send) -> Iterator[None]:
    send("CONFIG", "SET", "replica-serve-stale-data", "no")
    with replica(send):
        yield
    send("CONFIG", "SET", "replica-serve-stale-data", "yes")


@contextmanager
def unsaved(send: Send) -> Iterator[None]:
    folder = send("CONFIG", "GET", "dir").split(b"\r\n")[4].decode()
    shutil.rmtree(folder)
    send("CONFIG", "SET", "save", "3600 1")
    send("BGSAVE")
    wait_for(lambda: b"rdb_last_bgsave_status:err" in send("INFO", "persistence"))
    yield
    send("CONFIG", "SET", "save", "")


STATES: dict[str, tuple[State, str, str]] = {
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
        add = store.script(ADD)
        for expected in range(1, 4):
            assert await store.run(add(keys=["mcp:{test}:count"], args=[1]), name="EVALSHA") == expected
            server.send("SCRIPT", "FLUSH")


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
