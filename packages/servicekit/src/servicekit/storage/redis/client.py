"""Makes the client of the shared store for an address: of one server, through Sentinel, or of a Cluster."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, Final, Protocol

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.crc import key_slot

from servicekit.settings.redis_url import RedisAddress
from servicekit.storage.redis.cluster import ClusterClient
from servicekit.storage.redis.connections import OPTIONS, PrimaryConnection, ServerConnection, SocketConnection
from servicekit.storage.redis.errors import Failure
from servicekit.storage.redis.login import Login
from servicekit.storage.redis.primary_watch import PrimaryWatch
from servicekit.storage.redis.sentinel import Sentinels
from servicekit.storage.redis.subscriber import Source
from servicekit.storage.redis.tls import StoreTls

_MOVE_INTERVAL: Final = 1.0  # seconds
_PROBES: Final = 128
"""Keys among which one is found for each node of a Cluster."""


class Client(Source, Protocol):
    """How a store is reached.

    Attributes:
        redis: redis-py's client.
        spread: over how many hash tags the keys of a service are spread.
        is_moving: a failover is under way, and what is written now would be lost.
    """

    redis: Any
    spread: int

    @property
    def is_moving(self) -> bool: ...

    def start(self) -> None:
        """Begin to follow failovers that are announced."""
        ...

    def failed(self, error: Exception, failure: Failure) -> bool:
        """Note a failure; whether every command should pause."""
        ...

    async def probes(self, prefix: str) -> Sequence[str]:
        """Keys to look whether the store works: one on each node that takes writes."""
        ...

    async def information(self) -> Sequence[dict[str, Any]]:
        """The reply to INFO, of each node that takes writes."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class OneServer:
    """A client of one server at a time: of a fixed one, or of the primary that Sentinel names."""

    spread = 1
    is_moving = False

    def __init__(self, pool: ConnectionPool) -> None:
        self.redis: Any = Redis.from_pool(pool)
        self.moved = set[Callable[[], None]]()
        self._pool = pool
        self._closing: asyncio.Task[None] | None = None
        self._closed_at = float("-inf")

    def start(self) -> None:
        """Do nothing: connections move when the server fails."""

    def failed(self, error: Exception, failure: Failure) -> bool:  # noqa: ARG002 - as for a Cluster
        """Open new connections where another server may be the primary now: the host name is looked up again."""
        now = time.monotonic()
        if failure.moves and now - self._closed_at > _MOVE_INTERVAL:
            self._closed_at = now
            # Unlike `disconnect`, it closes no connection that a command has taken meanwhile.
            self._closing = asyncio.create_task(self._pool.run_proactive_reconnect(), context=Context())
        return failure.pauses

    async def probes(self, prefix: str) -> Sequence[str]:
        return [prefix]

    async def information(self) -> Sequence[dict[str, Any]]:
        return [await self.redis.info()]

    async def prepare(self) -> None:
        """Do nothing: a channel is everywhere."""

    async def server_of(self, channel: str) -> str:  # noqa: ARG002 - there is one
        return ""

    def pubsub(self, server: str) -> Any:  # noqa: ARG002
        return self.redis.pubsub()

    async def close(self) -> None:
        if self._closing is not None:
            await asyncio.gather(self._closing, return_exceptions=True)
        await self.redis.aclose()


class NamedPrimary(OneServer):
    """A client of the primary that Sentinel names."""

    def __init__(self, pool: SentinelConnectionPool, sentinels: Sentinels) -> None:
        super().__init__(pool)
        self._sentinels, self._connections = sentinels, pool
        self._watch = PrimaryWatch(sentinels, pool.service_name, self._is_named)
        self._address: tuple[str, int] | None = None

    @property
    def is_moving(self) -> bool:  # type: ignore[override]
        return self._watch.is_moving

    def start(self) -> None:
        self._watch.start()

    async def close(self) -> None:
        await self._watch.stop()
        await super().close()
        await self._sentinels.aclose()

    def _is_named(self, address: tuple[str, int]) -> None:
        """Move connections and subscriptions to this primary."""
        before, self._address = self._address, address
        self._connections.master_address = address
        if before not in (None, address):
            for moved in [*self.moved]:
                moved()


class Cluster:
    """A client of a Cluster, whose nodes fail one by one."""

    spread = 16
    is_moving = False

    def __init__(self, client: ClusterClient) -> None:
        self.redis: Any = client
        self.moved = set[Callable[[], None]]()
        self._client = client

    def start(self) -> None:
        """Do nothing: an earlier primary answers MOVED."""

    def failed(self, error: Exception, failure: Failure) -> bool:
        """Pause the node that failed; every command, where no node tells which one has a slot."""
        node = getattr(error.__cause__, "node", None)  # a command that was too slow
        if node is not None:
            self._client.failed(node)
        return failure.pauses and error is self._client.problem

    async def probes(self, prefix: str) -> Sequence[str]:
        await self._client.initialize()
        found = dict[str, str]()
        for number in range(_PROBES):
            key = f"{prefix}:{number}"
            node = self._client.primary_of(key_slot(key.encode()))
            found.setdefault(node.name, key)
        return [*found.values()]

    async def information(self) -> Sequence[dict[str, Any]]:
        replies: dict[str, dict[str, Any]] = await self.redis.info(target_nodes=ClusterClient.PRIMARIES)
        return [*replies.values()]

    async def prepare(self) -> None:
        await self._client.read_slots()

    async def server_of(self, channel: str) -> str:
        node = self._client.primary_of(key_slot(channel.encode()))
        return str(node.name)

    def pubsub(self, server: str) -> Any:
        return Redis.from_pool(self._client.pool_at(server)).pubsub()

    async def close(self) -> None:
        await self._client.aclose()


def connect(address: RedisAddress, login: Login, sentinel_login: Login, tls: StoreTls | None) -> Client:
    """Make the client of an address. It connects on first use."""
    options: dict[str, Any] = {"credential_provider": login}
    if address.kind == "socket":
        return OneServer(
            ConnectionPool(SocketConnection, path=address.path, db=address.database, **{**OPTIONS, **options})
        )
    encrypted = {**options, "tls": tls if address.tls else None}
    if address.kind == "cluster":
        return Cluster(ClusterClient(address.hosts, **encrypted))
    if address.kind == "server":
        ((host, port),) = address.hosts
        return OneServer(
            ConnectionPool(ServerConnection, host=host, port=port, db=address.database, **{**OPTIONS, **encrypted})
        )
    sentinels = Sentinels([])  # type: ignore[no-untyped-call]
    of_sentinels = {**OPTIONS, "credential_provider": sentinel_login, "tls": tls if address.sentinel_tls else None}
    sentinels.sentinels = [
        Redis.from_pool(ConnectionPool(ServerConnection, host=host, port=port, **of_sentinels))
        for host, port in address.hosts
    ]
    pool = SentinelConnectionPool(  # type: ignore[no-untyped-call]
        address.service,
        sentinels,
        connection_class=PrimaryConnection,
        db=address.database,
        **{**OPTIONS, **encrypted},
    )
    return NamedPrimary(pool, sentinels)
