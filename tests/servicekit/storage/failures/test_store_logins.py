"""A login, a right or an address that a store refuses: the cause is logged with the next step."""

import logging
import tempfile
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from devkit.loopback.ports import free_port
from servicekit.core.errors import Unavailable
from servicekit.storage.redis.errors import failure_of
from servicekit.storage.redis.store import RedisStore
from tests.fixtures.forgetful_store import ForgetfulStore

from .failing_store import causes, opened, parts_of, started, wait_for, write

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
