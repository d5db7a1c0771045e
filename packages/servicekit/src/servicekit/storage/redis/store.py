"""The shared store of the replicas, Redis or Valkey, with a short timeout and a pause after a failure."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, TypeVar
from zlib import crc32

from redis.exceptions import NoScriptError

from servicekit.core.errors import Unavailable
from servicekit.core.health import CallKind
from servicekit.settings.errors import InvalidContent
from servicekit.settings.redis_url import RedisAddress, parse_redis_url
from servicekit.settings.service import ServiceSettings
from servicekit.storage.causes import Causes
from servicekit.storage.redis.client import connect
from servicekit.storage.redis.cluster import NodePaused
from servicekit.storage.redis.errors import failure_of
from servicekit.storage.redis.login import Login, fixed_login, sentinel_login, store_login
from servicekit.storage.redis.memory import StoreMemory
from servicekit.storage.redis.subscriber import FAILURES, Moved, Subscriber
from servicekit.storage.redis.tls import StoreTls
from servicekit.telemetry.spans import command_span

Result = TypeVar("Result")

REPLY_TIMEOUT: Final = 0.05
"""Seconds that a command waits for its reply, so that a hung Redis delays a call by at most 50 ms."""
_SLICES: Final = 10  # the timeout counts in slices, so that a delay of the event loop uses up only one
_MAX_CONCURRENT: Final = 8  # commands; more would have to open connections, which takes too long
_PAUSE: Final = 1.0  # seconds after a failure in which commands fail at once
PROBE_LIFETIME: Final = 60
"""Seconds for which the text of a health check is stored."""
_PROBE: Final = "mcp:health"
_WRITE: Final = f"""redis.call('SET', KEYS[1], ARGV[1], 'EX', {PROBE_LIFETIME})
redis.call('TIME') return redis.call('GET', KEYS[1])"""


class RedisStore:
    """A connection pool to the shared store, which may be unavailable at start. After a failure it pauses for a second.

    Args:
        address: where the store is: its URL, or what was read from it.
        login: the credentials for new connections; by default those of the address.
        sentinel_login: the same for Sentinels; by default none.
        needed_for: the kinds of calls that are refused while it is unavailable.

    Attributes:
        redis: redis-py's client, of one server or of a Cluster. A call's command goes through `run`.
        parts: whether reads and writes worked at the last check: "ok" or "unavailable".
        memory: whether the store evicts what the server keeps in it.

    Raises:
        OSError: a certificate or key cannot be read.
    """

    name = "store"

    def __init__(
        self,
        address: str | RedisAddress,
        login: Login | None = None,
        sentinel_login: Login | None = None,
        *,
        needed_for: tuple[CallKind, ...] = (),
    ) -> None:
        self.needed_for: Final = needed_for
        if isinstance(address, str):
            address = parse_redis_url(address)
        own = fixed_login(address.username, address.password)
        tls = StoreTls(address.ca, address.certificate, address.key) if address.tls or address.sentinel_tls else None
        self._client = connect(address, login or own, sentinel_login or fixed_login(), tls)
        self.redis: Any = self._client.redis
        self.parts: Mapping[str, str] = {}
        self.memory: Final = StoreMemory(self)
        self._causes = Causes(self.name)
        self._paused_until = float("-inf")
        self._concurrency = asyncio.Semaphore(_MAX_CONCURRENT)
        self._tags: dict[str, Sequence[str]] = {}
        self._probe = self.script(_WRITE)

    @property
    def is_cluster(self) -> bool:
        """Whether keys are spread over the nodes of a Cluster. A script's keys then need the same hash tag."""
        return self._client.spread > 1

    def script(self, text: str) -> "StoreScript":
        """A script whose keys share a hash tag. It is sent whole to a server that does not know it yet."""
        return StoreScript(self, text)

    def tags(self, service: str) -> Sequence[str]:
        """The hash tags of a service's keys: several on a Cluster, so that its nodes share the load."""
        if (tags := self._tags.get(service)) is None:
            numbers = [f":{number}" for number in range(self._client.spread)] if self.is_cluster else [""]
            tags = self._tags[service] = [f"{{{service}{number}}}" for number in numbers]
        return tags

    def tag(self, service: str, identity: str) -> str:
        """The hash tag for the keys of a caller, or of whatever else has keys that one script needs together."""
        tags = self.tags(service)
        return tags[crc32(identity.encode()) % len(tags)]

    def information(self) -> Awaitable[Sequence[dict[str, Any]]]:
        """The reply to INFO of every node that takes writes; for `run`."""
        return self._client.information()

    def publish(self, channel: str, message: str) -> Awaitable[int]:
        """Send a message to the subscribers of a channel; for `run`. On a Cluster the channel is a sharded one."""
        sent: Awaitable[int] = (self.redis.spublish if self.is_cluster else self.redis.publish)(channel, message)
        return sent

    def subscriber(self) -> Subscriber:
        """Receives messages of channels, inside of its `async with` block."""
        return Subscriber(self._client, self._failed, sharded=self.is_cluster)

    @property
    def warning(self) -> str | None:
        """What an operator should know, for the health page."""
        return self.memory.warning

    async def start(self) -> None:
        """Follow failovers, and ask whether the store evicts records. It may be unavailable."""
        self._client.start()
        with suppress(Unavailable):
            await self.memory.look()

    async def stop(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def check(self) -> None:
        """Write and read on every node that takes writes, with a script as calls do. Ask once about evictions.

        Raises:
            Unavailable: a node does not answer in time, or refuses it.
        """
        try:
            probes = await self.run(self._client.probes(_PROBE), skip_pause=True, name="CLUSTER SLOTS")
        except Unavailable:
            self.parts = {"reads": "unavailable", "writes": "unavailable"}
            raise
        writes = await asyncio.gather(*map(self._probe_write, probes))
        reads = writes if all(writes) else await asyncio.gather(*map(self._probe_read, probes))
        self.parts = {"reads": _state(reads), "writes": _state(writes)}
        if not all(writes):
            raise Unavailable(self.name)
        await self.memory.look()

    async def _probe_write(self, key: str) -> bool:
        token = secrets.token_hex(8)
        command = self._probe(keys=[key], args=[token])
        return await self._worked(command, "EVALSHA")

    async def _probe_read(self, key: str) -> bool:
        return await self._worked(self.redis.get(key), "GET")

    async def _worked(self, command: Awaitable[object], name: str) -> bool:
        try:
            await self.run(command, skip_pause=True, name=name)
        except Unavailable:
            return False
        return True

    async def run(self, command: Awaitable[Result], *, name: str, skip_pause: bool = False) -> Result:
        """Run a command and return its reply.

        Args:
            name: the command's name, for its span.
            skip_pause: try even right after a failure.

        Raises:
            Unavailable: no reply in time, the store failed less than a second ago, or a failover is under way.
        """
        if self._is_paused and not skip_pause:
            _close(command)
            raise Unavailable(self.name)
        with command_span(name):
            return await self._run(command, skip_pause=skip_pause)

    async def _run(self, command: Awaitable[Result], *, skip_pause: bool) -> Result:
        try:
            await self._concurrency.acquire()
        except asyncio.CancelledError:
            _close(command)
            raise
        try:
            if self._is_paused and not skip_pause:  # failed while this command waited
                _close(command)
                raise Unavailable(self.name)
            try:
                with _ReplyTimeout():
                    reply = await command
            except FAILURES as error:
                raise self._failed(error) from error
        finally:
            self._concurrency.release()
        self._paused_until = float("-inf")
        if self._causes.current is not None:
            self._causes.works()
        return reply

    def _failed(self, error: Exception) -> Unavailable:
        """Log the cause, let the client move or pause, and return what the caller reads."""
        if not isinstance(error, NodePaused | Moved):
            failure = failure_of(error)
            self._causes.report(failure.cause, failure.next_step)
            if self._client.failed(error, failure):
                self._paused_until = time.monotonic() + _PAUSE
        return Unavailable(self.name)

    @property
    def _is_paused(self) -> bool:
        return time.monotonic() < self._paused_until or self._client.is_moving


class StoreScript:
    """A Lua script."""

    def __init__(self, store: RedisStore, text: str) -> None:
        self._store, self._text = store, text
        self._sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, *, keys: Sequence[str], args: Sequence[str | int | float]) -> Any:
        """Run it; for `RedisStore.run`."""
        redis = self._store.redis
        try:
            return await redis.evalsha(self._sha, len(keys), *keys, *args)
        except NoScriptError:  # nothing was done
            return await redis.eval(self._text, len(keys), *keys, *args)


def redis_store(settings: ServiceSettings) -> RedisStore | None:
    """The store of the settings; None without one.

    Raises:
        InvalidContent: a certificate or key cannot be used.
    """
    if settings.redis_url is None:
        return None
    address = parse_redis_url(settings.redis_url.get_secret_value())
    address = replace(
        address,
        ca=settings.redis_ca or address.ca,
        certificate=settings.redis_certificate or address.certificate,
        key=settings.redis_key or address.key,
    )
    needed_for: tuple[CallKind, ...] = ("writes",) if settings.store_outage == "fail_closed" else ()
    try:
        return RedisStore(address, store_login(settings, address), sentinel_login(settings), needed_for=needed_for)
    except OSError as error:
        names = "REDIS_CA, REDIS_CERTIFICATE and REDIS_KEY"
        raise InvalidContent(f"Cannot use the files of {names} ({error.strerror or type(error).__name__}).") from None


def _state(worked: Sequence[bool]) -> str:
    return "ok" if all(worked) else "unavailable"


class _ReplyTimeout:
    """A block that ends with `TimeoutError` after `REPLY_TIMEOUT`, without delays of this process.

    The command runs in the caller's task: a task of its own, as `asyncio.wait` needs, costs more than the command.
    """

    __slots__ = ("_cancelling", "_is_over", "_left", "_task", "_timer")

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a command runs in a task")
        self._task: asyncio.Task[Any] = task
        self._cancelling, self._is_over, self._left = task.cancelling(), False, _SLICES
        self._timer = task.get_loop().call_later(REPLY_TIMEOUT / _SLICES, self._tick)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()
        is_own = self._is_over and self._task.uncancel() <= self._cancelling
        if is_own and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def _tick(self) -> None:
        self._left -= 1
        if self._left:
            self._timer = self._task.get_loop().call_later(REPLY_TIMEOUT / _SLICES, self._tick)
        else:
            self._is_over = True
            self._task.cancel()


def _close(command: Awaitable[object]) -> None:
    """Close a coroutine that will not run, which would otherwise warn that it was never awaited."""
    if asyncio.iscoroutine(command):
        command.close()
