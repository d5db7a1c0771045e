"""`check` on shared stores: reach, rights, eviction, replicas, other servers on the port."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE
from servicekit.preflight.store_commands import trial_commands
from tests.fixtures.forgetful_store import ForgetfulStore, forgetful_store

from .checking import Checked, check
from .conftest import DESCRIPTIONS, WITH_AUDIT_FILE
from .domains import variables

NAME = WITH_AUDIT_FILE[0]
PASSWORD = "store-password-93be"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForgetfulStore]:
    with forgetful_store(tmp_path_factory.mktemp("check") / "valkey") as store:
        yield store


async def checked(url: str, *options: str, **settings: str) -> Checked:
    """`check` of a server on this store, which has nothing else that works."""
    description = DESCRIPTIONS[NAME]
    given = {"public_url": description.resource, "issuer": "http://127.0.0.1:1", "redis_url": url}
    return await check(NAME, variables(description, {**given, **settings}), *options)


def failures(found: Checked) -> set[str]:
    return {name for name in found.failed() if name.startswith("store.")}


def documented_rights() -> list[str]:
    """The rules that docs/stores.md gives for a user of a single server."""
    text = (WORKSPACE / "docs/stores.md").read_text(encoding="utf-8")
    rules = re.search(r"\*\*Rights\*\* of an ACL user: `([^`]+)`", text)
    assert rules is not None
    return rules[1].split()


def as_user(store: ForgetfulStore, *rules: str) -> str:
    """The URL of an account with these rights."""
    store.send("ACL", "SETUSER", "narrow", "reset", "on", f">{PASSWORD}", *rules)
    return store.url.replace("redis://", f"redis://narrow:{PASSWORD}@")


async def test_a_store_with_rights_on_its_own_keys_passes(store: ForgetfulStore) -> None:
    found = await checked(as_user(store, "~mcp:*", "&mcp:*", "+@all", "-@admin", "-@dangerous", "+info"))
    assert failures(found) == set()
    assert found.status("store.commands") == found.status("store.writes") == "ok"


async def test_exactly_the_listed_commands_suffice(store: ForgetfulStore) -> None:
    trials = trial_commands(NAME, journal=True, channel="PUBLISH")
    found = await checked(as_user(store, "~mcp:*", "&mcp:*", *(f"+{words[0].lower()}" for words in trials)))
    assert failures(found) == set()


async def test_the_documented_rights_suffice(store: ForgetfulStore) -> None:
    found = await checked(as_user(store, *documented_rights()))
    assert failures(found) == set()
    assert found.status("store.eviction") == "ok"


@pytest.mark.parametrize(
    ("command", "rule"), [("TIME", "time"), ("HINCRBY", "hincrby"), ("RPUSH", "rpush"), ("GET", "get")]
)
async def test_a_missing_command_is_named(store: ForgetfulStore, command: str, rule: str) -> None:
    found = await checked(as_user(store, "~mcp:*", "&mcp:*", "+@all", f"-{rule}"))
    assert failures(found) == {"store.commands", *(["store.writes"] if command == "TIME" else [])}
    assert f"The user may not run {command}," in found.said("store.commands")
    assert f"ACL SETUSER … +{rule} ~mcp:* &mcp:*" in found.said("store.commands")
    assert PASSWORD not in found.result.output


async def test_other_keys_are_no_rights(store: ForgetfulStore) -> None:
    found = await checked(as_user(store, "~shop:*", "&shop:*", "+@all"))
    assert failures(found) == {"store.writes", "store.commands"}


async def test_an_account_without_scripts_cannot_write(store: ForgetfulStore) -> None:
    found = await checked(as_user(store, "~mcp:*", "&mcp:*", "+@all", "-@scripting"))
    assert "store.writes" in failures(found)


async def test_a_store_that_refuses_info_is_unknown(store: ForgetfulStore) -> None:
    found = await checked(as_user(store, "~mcp:*", "&mcp:*", "+@all", "-info"))
    assert found.status("store.eviction") == found.status("store.version") == "unknown"
    assert "+info" in found.said("store.eviction")


async def test_a_wrong_password_is_named(store: ForgetfulStore) -> None:
    url = as_user(store, "~*", "&*", "+@all").replace(PASSWORD, "guessed-password-2e4a")
    found = await checked(url)
    assert failures(found) == {"store.connection"}
    assert f"{DESCRIPTIONS[NAME].prefix}REDIS_URL: the store refuses the user or password." in found.said(
        "store.connection"
    )
    assert "guessed-password-2e4a" not in found.result.output


async def test_a_demanded_password_is_named(store: ForgetfulStore) -> None:
    store.send("CONFIG", "SET", "requirepass", PASSWORD)
    try:
        found = await checked(store.url)
    finally:
        as_admin = f"AUTH {PASSWORD}\r\nCONFIG SET requirepass ''\r\n"
        with socket.create_connection(("127.0.0.1", int(store.url.split(":")[2].split("/")[0]))) as connection:
            connection.sendall(as_admin.encode())
            connection.recv(100)
    assert "password" in found.said("store.connection")


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-lfu"])
async def test_an_eviction_policy_names_what_is_lost(store: ForgetfulStore, policy: str) -> None:
    store.send("CONFIG", "SET", "maxmemory-policy", policy)
    found = await checked(store.url)
    store.send("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert found.status("store.eviction") == "warn"
    assert "rate limits" in found.said("store.eviction")
    assert "Set maxmemory-policy to noeviction." in found.said("store.eviction")


async def test_lost_idempotency_keys_are_named(store: ForgetfulStore, tmp_path: Path) -> None:
    store.send("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    found = await checked(store.url, audit_file=str(tmp_path / "audit.jsonl"))
    store.send("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert "idempotency keys, confirmations" in found.said("store.eviction")
    assert "Set appendonly yes." in found.said("store.persistence")


async def test_a_replica_accepts_no_writes(store: ForgetfulStore, free_port: int) -> None:
    store.send("REPLICAOF", "127.0.0.1", str(free_port))
    store.send("CONFIG", "SET", "replica-serve-stale-data", "yes")
    try:
        found = await checked(store.url)
    finally:
        store.send("REPLICAOF", "NO", "ONE")
    assert {"store.shape", "store.writes"} <= failures(found)
    assert "the server is a replica, which refuses writes" in found.said("store.writes")
    assert "Use the primary's address" in found.said("store.shape")


async def test_a_full_store_accepts_no_writes(store: ForgetfulStore) -> None:
    store.send("CONFIG", "SET", "maxmemory", "1")
    try:
        found = await checked(store.url)
    finally:
        store.send("CONFIG", "SET", "maxmemory", "0")
    assert "store.writes" in failures(found)
    assert "the memory of the store is full" in found.said("store.writes")


async def test_without_a_store_replicas_are_warned_of() -> None:
    settings = {"public_url": DESCRIPTIONS[NAME].resource, "issuer": "http://127.0.0.1:1"}
    found = await check(NAME, variables(DESCRIPTIONS[NAME], settings))
    assert "each process counts rate limits alone" in found.said("store.connection")
    alone = await check(NAME, variables(DESCRIPTIONS[NAME], settings), "--pods", "1")
    assert alone.status("store.connection") == "ok"


@contextmanager
def silent() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in held:
                connection.close()


async def test_a_store_that_never_answers_is_named() -> None:
    with silent() as port:
        found = await checked(f"redis://127.0.0.1:{port}/0", "--timeout", "3")
    assert "no reply in time" in found.said("store.connection")


async def test_a_port_without_tls_is_named(valkey_url: str) -> None:
    found = await checked(valkey_url.replace("redis://", "rediss://"))
    assert failures(found) == {"store.connection"}


def test_every_command_of_the_code_is_tried() -> None:
    """Commands in scripts by their name, those of the client by its methods."""
    sources = [
        source.read_text(encoding="utf-8")
        for folder in ("packages/servicekit/src", "services")
        for source in (WORKSPACE / folder).rglob("*.py")
        if "preflight" not in source.parts
    ]
    scripted = {name for text in sources for name in re.findall(r"redis\.p?call\('([A-Z]+)'", text)}
    methods = {
        name
        for text in sources
        for name in re.findall(r"(?:store\.redis|commands|redis)\.([a-z]+)\(", text)
        if name
        in {
            "get",
            "set",
            "delete",
            "unlink",
            "publish",
            "hget",
            "hgetall",
            "hexists",
            "hlen",
            "hset",
            "hdel",
            "zadd",
            "zremrangebyrank",
            "zrangebyscore",
            "expire",
            "info",
            "ping",
            "setex",
            "incr",
            "spublish",
        }
    }
    used = scripted | {"DEL" if name == "delete" else name.upper() for name in methods}
    assert len(used) > 25
    tried = {words[0] for words in trial_commands("orders", journal=True, channel="PUBLISH")}
    assert used - tried - {"INFO"} == set()  # INFO is not needed
