"""A store that fails while it runs, commands to it, and the causes that are logged."""

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from devkit.loopback.ports import free_port
from devkit.settings import DevkitSettings
from devkit.stores.binaries import find_valkey
from servicekit.core.health import Health
from servicekit.storage.redis.store import RedisStore

ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[RedisStore]:
    store = RedisStore(url)
    try:
        yield store
    finally:
        await store.stop()


async def write(store: RedisStore) -> int:
    return int(await store.run(store.script(ADD)(keys=["mcp:{test}:count"], args=[1]), name="EVALSHA"))


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


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


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
            wait_for(lambda: listens(port))
            yield port
        finally:
            process.kill()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
