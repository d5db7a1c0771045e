"""The store's password changes while calls run: the file first or the store first, and no call fails."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from servicekit.settings.service import ServiceSettings
from servicekit.storage.redis.store import RedisStore, redis_store
from servicekit.telemetry.redaction import MASK, redact
from tests.fixtures.forgetful_store import ForgetfulStore

OLD, NEW = "old-password-of-app", "new-password-of-app"


@pytest.fixture
async def admin(server: ForgetfulStore) -> AsyncIterator[Any]:
    """The store's default user. The servers' user `app` has the old password."""
    admin: Any
    async with Redis.from_url(server.url) as admin:
        await admin.execute_command("ACL", "SETUSER", "app", "reset", "on", f">{OLD}", "~*", "&*", "+@all")
        yield admin


class Files:
    """Mounted secrets, replaced as Kubernetes does."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._monkeypatch = folder, monkeypatch

    def mount(self, setting: str, content: str) -> None:
        path = self._folder / setting
        self._monkeypatch.setenv(f"{setting}_FILE", str(path))
        self.replace(setting, content)

    def replace(self, setting: str, content: str) -> None:
        new = self._folder / secrets.token_hex(4)
        new.write_text(content + "\n", encoding="utf-8")
        new.replace(self._folder / setting)

    def remove(self, setting: str) -> None:
        (self._folder / setting).unlink()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    return Files(tmp_path, monkeypatch)


@asynccontextmanager
async def configured(**values: Any) -> AsyncIterator[RedisStore]:
    store = redis_store(ServiceSettings(public_url="http://127.0.0.1:8000/mcp", **values))
    assert store is not None
    try:
        yield store
    finally:
        await store.stop()


class Callers:
    """Calls from many tasks, over new connections as often as a test says."""

    def __init__(self, store: RedisStore) -> None:
        self._store = store
        self._tasks: list[asyncio.Task[None]] = []
        self._done = 0
        self._advanced = asyncio.Condition()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._tasks = [asyncio.create_task(self._call(number)) for number in range(10)]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            results = await asyncio.gather(*self._tasks, return_exceptions=True)
        assert {type(result) for result in results} == {asyncio.CancelledError}, results

    async def go_on(self) -> None:
        """Return after more calls, with new connections; sooner where one failed."""
        await self._store.redis.connection_pool.run_proactive_reconnect()
        until = self._done + 50
        async with self._advanced:
            await self._advanced.wait_for(lambda: self._done >= until or any(task.done() for task in self._tasks))

    async def _call(self, number: int) -> None:
        try:
            while True:
                await self._store.run(self._store.redis.incr(f"calls:{number}"), name="INCR")
                await self._advance()
        finally:
            await self._advance()

    async def _advance(self) -> None:
        self._done += 1
        async with self._advanced:
            self._advanced.notify_all()


@pytest.mark.parametrize("is_file_first", [True, False])
@pytest.mark.parametrize("setting", ["REDIS_URL", "REDIS_PASSWORD"])
async def test_no_call_fails_under_rotation(
    server: ForgetfulStore, admin: Any, files: Files, setting: str, is_file_first: bool
) -> None:
    place = server.url.removeprefix("redis://")
    is_url = setting == "REDIS_URL"
    old, new = (f"redis://app:{word}@{place}" if is_url else word for word in (OLD, NEW))
    files.mount(setting, old)
    async with configured(**({} if is_url else {"redis_url": f"redis://app@{place}"})) as store:
        callers = Callers(store)
        async with callers.running():
            await callers.go_on()
            if is_file_first:
                files.replace(setting, new)
                await callers.go_on()
            await admin.execute_command("ACL", "SETUSER", "app", f">{NEW}")  # it has two for a while
            await callers.go_on()
            if not is_file_first:
                files.replace(setting, new)
                await callers.go_on()
            await admin.execute_command("ACL", "SETUSER", "app", f"<{OLD}")
            await callers.go_on()
    assert redact(f"login with {NEW}") == f"login with {MASK}"


@pytest.mark.parametrize("is_file_first", [True, False])
async def test_a_store_with_one_password_rotates_too(
    server: ForgetfulStore, admin: Any, files: Files, is_file_first: bool
) -> None:
    """Such as `requirepass`. A connection stays logged in, and a new one needs the current password."""
    files.mount("REDIS_PASSWORD", OLD)
    async with configured(redis_url=f"redis://app@{server.url.removeprefix('redis://')}") as store:
        callers = Callers(store)
        async with callers.running():
            await callers.go_on()
            if is_file_first:
                files.replace("REDIS_PASSWORD", NEW)
                await callers.go_on()
            await admin.execute_command("ACL", "SETUSER", "app", "resetpass", f">{NEW}")
            if not is_file_first:
                files.replace("REDIS_PASSWORD", NEW)
            await callers.go_on()


async def test_user_and_password_rotate_together(server: ForgetfulStore, admin: Any, files: Files) -> None:
    files.mount("REDIS_USERNAME", "app")
    files.mount("REDIS_PASSWORD", OLD)
    async with configured(redis_url=server.url) as store:
        callers = Callers(store)
        async with callers.running():
            await callers.go_on()
            await admin.execute_command("ACL", "SETUSER", "app2", "on", f">{NEW}", "~*", "+@all")
            files.replace("REDIS_USERNAME", "app2")  # half of the rotation: no such pair exists
            await callers.go_on()
            files.replace("REDIS_PASSWORD", NEW)
            await callers.go_on()
        assert await store.redis.acl_whoami() == "app2"


@pytest.mark.usefixtures("admin")
async def test_a_file_that_is_gone_leaves_the_password_in_use(server: ForgetfulStore, files: Files) -> None:
    files.mount("REDIS_PASSWORD", OLD)
    async with configured(redis_url=f"redis://app@{server.url.removeprefix('redis://')}") as store:
        files.remove("REDIS_PASSWORD")
        await store.run(store.redis.ping(), name="PING")
        files.replace("REDIS_PASSWORD", "")
        await store.redis.connection_pool.disconnect()
        await store.run(store.redis.ping(), name="PING")


@pytest.mark.usefixtures("admin")
async def test_another_address_needs_a_restart(
    server: ForgetfulStore, files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    files.mount("REDIS_URL", f"redis://app:{OLD}@{server.url.removeprefix('redis://')}")
    async with configured() as store:
        for text in (f"redis://app:{OLD}@127.0.0.1:1", "no URL at all"):
            files.replace("REDIS_URL", text)
            await store.redis.connection_pool.disconnect()
            await store.run(store.redis.ping(), name="PING")
    kept = [record.reason for record in caplog.records if record.message == "store address kept"]  # type: ignore[attr-defined]
    assert kept[0] == "only user and password change without a restart"
    assert kept[1].startswith("write it as redis://")
