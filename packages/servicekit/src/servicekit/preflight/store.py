"""Checks the shared store: that it can be reached and written, with what rights, and what it keeps."""

import time
from collections.abc import Sequence
from typing import Any, Final

from redis.exceptions import NoPermissionError

from servicekit.core.errors import Unavailable
from servicekit.preflight.clock import compare_clocks
from servicekit.preflight.finding import Area
from servicekit.preflight.store_commands import LIFETIME, key_of, trial_commands
from servicekit.preflight.variables import program, variable
from servicekit.server.service import Service
from servicekit.settings.audit_file import AuditFileSettings
from servicekit.settings.service import ServiceSettings
from servicekit.storage.redis.errors import failure_of
from servicekit.storage.redis.memory import eviction_warning
from servicekit.storage.redis.store import RedisStore, redis_store

_OLDEST: Final = (6, 2)
TESTED: Final = {"Redis": ("6.2", "7.0", "8.2"), "Valkey": ("9.0", "9.1")}
"""The versions that the servers are tested with."""
_WRITE: Final = f"redis.call('SET', KEYS[1], ARGV[1], 'EX', {LIFETIME}) return redis.call('TIME')"


class StoreChecks:
    """The shared store of one service.

    Args:
        service: the composed server; None where it cannot be composed.
    """

    def __init__(self, settings: ServiceSettings, service: Service | None, pods: int | None) -> None:
        self._settings = settings
        self._service = program(settings).removesuffix("-mcp")
        self._kept = service.store.memory.kept if service is not None and service.store is not None else ()
        self._publishes = service is not None and service.subscriptions is not None
        self._pods = pods

    async def check(self, area: Area) -> None:
        """Connect, then check what the store allows and how it is configured."""
        store = redis_store(self._settings)
        if store is None:
            self._without(area)
            return
        name = variable(self._settings, "redis_url")
        try:
            with area.waiting("connection", f"{name}: No answer in time.", "Check host, port, NetworkPolicy."):
                await self._check(area, store, name)
        finally:
            await store.stop()

    def _without(self, area: Area) -> None:
        name = variable(self._settings, "redis_url")
        if self._pods == 1:
            area.ok("connection", f"None: {name} is not set, which is right for a single process.")
        else:
            area.warn(
                "connection",
                f"{name} is not set, so each process counts rate limits alone.",
                "Set it where there is more than one replica.",
            )

    async def _check(self, area: Area, store: RedisStore, name: str) -> None:
        try:
            await self._write(area, store)
        except Unavailable as error:
            failure = failure_of(error)
            check = "connection" if failure.pauses else "writes"
            area.fail(check, f"{name}: {failure.cause}.", failure.next_step)
            if failure.pauses:
                return
        await self._commands(area, store)
        try:
            nodes: Sequence[dict[str, Any]] = await _run(store, store.information(), "INFO")
        except Unavailable:
            for check in ("version", "eviction", "persistence"):
                area.unknown(check, "The user may not run INFO.", "Allow it: ACL SETUSER … +info.")
            return
        _check_version(area, nodes[0])
        _check_shape(area, nodes[0], name)
        self._check_memory(area, next((node for node in nodes if _evicts(node)), nodes[0]))

    async def _write(self, area: Area, store: RedisStore) -> None:
        """Write as calls do: by a script."""
        script, asked = store.script(_WRITE), time.time()
        reply = await _run(store, script(keys=[key_of(self._service)], args=["preflight"]), "EVALSHA")
        seconds, microseconds = map(int, reply)
        area.ok("connection", "Signed in.")
        area.ok("writes", "A script can write.")
        compare_clocks(area, seconds + microseconds / 1e6, asked, time.time(), self._settings.token_leeway)

    async def _commands(self, area: Area, store: RedisStore) -> None:
        """Send each command once: an access list refuses it before it is run."""
        journal = isinstance(self._settings, AuditFileSettings) and not self._settings.uses_database
        channel = ("SPUBLISH" if store.is_cluster else "PUBLISH") if self._publishes else None
        trials = trial_commands(self._service, journal=journal, channel=channel)
        refused = list(dict.fromkeys([words[0] for words in trials if await _is_refused(store, words)]))
        if refused:
            rules = " ".join(f"+{name.lower()}" for name in refused)
            area.fail(
                "commands",
                f"The user may not run {', '.join(refused)}, or not on keys and channels that begin with mcp:.",
                f"ACL SETUSER … {rules} ~mcp:* &mcp:*",
            )
        else:
            area.ok("commands", "The user may run every command that the server sends.")

    def _check_memory(self, area: Area, information: dict[str, Any]) -> None:
        warning = eviction_warning(information.get("maxmemory_policy"), self._kept)
        if warning is None:
            area.ok("eviction", "Evicts nothing (noeviction).")
        else:
            area.warn("eviction", warning, "In a managed store, set it in its parameter group.")
        if not isinstance(self._settings, AuditFileSettings) or self._settings.uses_database:
            return
        if information.get("aof_enabled") or information.get("rdb_saves"):
            area.ok("persistence", "The store saves its data.")
        else:
            area.warn(
                "persistence",
                f"The store keeps its data in memory only; a restart loses {_list(self._kept)}.",
                "Set appendonly yes.",
            )


def _evicts(node: dict[str, Any]) -> bool:
    return eviction_warning(node.get("maxmemory_policy"), ()) is not None


def _check_version(area: Area, information: dict[str, Any]) -> None:
    is_valkey = "valkey_version" in information
    name = "Valkey" if is_valkey else "Redis"
    version = str(information.get("valkey_version") or information.get("redis_version") or "")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if not numbers:
        area.unknown("version", "The store does not say its version.")
    elif not is_valkey and numbers < _OLDEST:
        area.fail("version", f"{name} {version} is not supported.", "Upgrade to Redis 6.2 or newer, or Valkey.")
    elif ".".join(map(str, numbers)) not in TESTED[name]:
        area.ok("version", f"{name} {version}; tested are {', '.join(TESTED[name])}.")
    else:
        area.ok("version", f"{name} {version}.")


def _check_shape(area: Area, information: dict[str, Any], name: str) -> None:
    if information.get("redis_mode") == "sentinel":
        area.fail("shape", f"{name} leads to a Sentinel.", "Use a URL with Sentinel.")
    elif information.get("role") in ("slave", "replica"):
        area.fail("shape", f"{name} leads to a replica, which accepts no writes.", "Use the primary's address.")
    else:
        area.ok("shape", f"A primary ({information.get('redis_mode', 'unknown mode')}).")


async def _is_refused(store: RedisStore, words: Sequence[str]) -> bool:
    try:
        await _run(store, store.redis.execute_command(*words), words[0])
    except Unavailable as error:
        return isinstance(error.__cause__, NoPermissionError)
    return False


async def _run(store: RedisStore, command: Any, name: str) -> Any:
    return await store.run(command, name=name, skip_pause=True)


def _list(words: tuple[str, ...]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
