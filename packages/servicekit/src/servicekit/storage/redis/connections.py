"""Connections to the shared store: redis-py's, with TLS contexts that follow their files and passwords that rotate."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection, Connection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelManagedConnection
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError

from servicekit.storage.redis.login import Login
from servicekit.storage.redis.tls import StoreTls

OPTIONS: Final[Mapping[str, Any]] = {
    "socket_timeout": None,  # `RedisStore.run` has its own timeout, which excludes delays of this process
    "socket_connect_timeout": None,
    "retry": Retry(NoBackoff(), 0),
    "health_check_interval": 0,
    "protocol": 2,  # without RESP3's HELLO and the client's name, connecting takes one round trip less
    "driver_info": None,
}


class _StoreConnection(AbstractConnection):
    """What every connection to the store has in common."""

    def __init__(self, *, credential_provider: Login, **options: Any) -> None:
        self._login = credential_provider
        super().__init__(credential_provider=credential_provider, **options)

    async def connect_check_health(self, *args: Any, **kwargs: Any) -> None:
        """Connect. Where that is stopped, the cause of a slow command was the connection."""
        try:
            await super().connect_check_health(*args, **kwargs)
        except asyncio.CancelledError as error:
            error.is_connecting = True  # type: ignore[attr-defined]
            raise

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        """Log in; with the other password of a rotation if the first is refused."""
        tried = self._login.current()
        try:
            await super().on_connect_check_health(check_health)
        except AuthenticationError:
            if not self._login.try_other_than(tried):
                raise
            await super().on_connect_check_health(check_health)


class ServerConnection(_StoreConnection, Connection):
    """To a server, with TLS where `tls` is given."""

    def __init__(self, *, tls: StoreTls | None = None, **options: Any) -> None:
        self._tls = tls
        super().__init__(**options)

    def _connection_arguments(self) -> Mapping[str, Any]:
        arguments = {"host": self.host, "port": self.port}
        return arguments if self._tls is None else {**arguments, "ssl": self._tls.context()}


class PrimaryConnection(ServerConnection, SentinelManagedConnection):
    """To the primary that Sentinel names. The pool calls `connect` before each use, which leaves an older primary."""

    async def connect(self) -> None:
        if self._reader is not None and (self.host, self.port) != self.connection_pool.master_address:
            await self.disconnect(nowait=True)
        await super().connect()  # type: ignore[no-untyped-call]


class NodeConnection(ServerConnection):
    """To a node of a Cluster. Its pool gives out connections that the node closed, so they are noticed here."""

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if self._reader is not None and self._reader.at_eof():
            await self.disconnect(nowait=True)
        await super().send_packed_command(command, check_health)


class SocketConnection(_StoreConnection, UnixDomainSocketConnection):
    """To a server on this machine."""

    async def _connect(self) -> None:
        """Without the login, which follows: redis-py's own would log in twice."""
        self._reader, self._writer = await asyncio.open_unix_connection(path=self.path)
