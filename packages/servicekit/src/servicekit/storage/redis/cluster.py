"""redis-py's client of a Cluster, without what would break the rules of `RedisStore`.

A command is sent once: only replies that say that nothing was done (MOVED, ASK, TRYAGAIN) lead to another attempt. One
node that fails pauses alone, and its failure closes no connection to the others. The slots are read again in the
background after a failure, from the first node that answers.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextvars import Context
from typing import Any, Final

from redis import exceptions
from redis._parsers import AsyncCommandsParser
from redis.asyncio import ConnectionPool
from redis.asyncio.cluster import ClusterNode, PipelineCommand, RedisCluster
from redis.exceptions import AskError, ClusterDownError, MovedError, RedisClusterException, TryAgainError

from servicekit.storage.redis.connections import OPTIONS, NodeConnection

_MAX_REDIRECTIONS: Final = 8
_TRY_AGAIN: Final = 0.005  # seconds between further attempts
_NODE_PAUSE: Final = 1.0  # seconds after a node's failure in which commands to it fail at once
_REFRESH_TIMEOUT: Final = 2.0  # seconds to read the slots
_REFRESH_INTERVAL: Final = 0.5  # seconds
_MAX_CONNECTIONS: Final = 32
"""Per node: the store runs 8 commands at a time, subscriptions need one each."""


class NodePaused(exceptions.ConnectionError):
    """The node failed less than a second ago."""


class _Keys(AsyncCommandsParser):
    """Knows where the keys of a command are, instead of asking the server for all of its commands."""

    async def initialize(self, node: ClusterNode | None = None) -> None:
        """Do nothing."""

    async def get_keys(self, *args: Any) -> tuple[Any, ...]:
        """The keys: each argument of DEL and UNLINK, the first one of every other command."""
        command, *keys = args
        return tuple(keys) if command.upper() in ("DEL", "UNLINK", "EXISTS", "MGET") else args[1:2]


class ClusterClient(RedisCluster):
    """A client of a Cluster.

    Args:
        seeds: host and port of nodes to ask first. They are asked again when no other node answers.
        connection: further options of a connection.
    """

    def __init__(self, seeds: Sequence[tuple[str, int]], **connection: Any) -> None:
        nodes = [ClusterNode(host, port) for host, port in seeds]
        super().__init__(
            startup_nodes=nodes,
            require_full_coverage=False,  # the other slots work
            dynamic_startup_nodes=False,
            reinitialize_steps=0,
            max_connections=_MAX_CONNECTIONS,
            **OPTIONS,
        )
        self._connection = connection
        self.connection_kwargs |= {"connection_class": NodeConnection, **connection}
        self._seeds = [ClusterNode(host, port, **self.connection_kwargs) for host, port in seeds]
        self.commands_parser = _Keys()
        self._paused_until: dict[str, float] = {}
        self._refreshing: asyncio.Task[None] | None = None
        self._refreshed_at = float("-inf")
        self.problem: Exception | None = None
        """Why the slots could not be read the last time."""

    async def initialize(self, *_: object, **__: object) -> "ClusterClient":
        """Read the slots if they are unknown. A cancelled command does not stop it, so that the next one finds them."""
        if self._initialize:
            await self.read_slots()
        return self

    async def read_slots(self) -> None:
        """Read which node has which slots."""
        await asyncio.shield(self._refresh())
        if self.problem is not None:
            raise self.problem

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command on the node that has its key."""
        if self._initialize:
            await self.initialize()
        return await super().execute_command(*args, **kwargs)

    def failed(self, node: ClusterNode) -> None:
        """Pause a node that failed, and look where its slots are now."""
        self._paused_until[node.name] = time.monotonic() + _NODE_PAUSE
        self.look_again()

    def look_again(self) -> None:
        """Read the slots again in the background, at most twice a second."""
        if time.monotonic() - self._refreshed_at > _REFRESH_INTERVAL:
            self._refresh()

    def primary_of(self, slot: int) -> ClusterNode:
        """The node that serves a slot."""
        node: ClusterNode = self.nodes_manager.get_node_from_slot(slot)
        return node

    def pool_at(self, name: str) -> ConnectionPool:
        """Connections to a node by its name, apart from those of commands."""
        host, _, port = name.rpartition(":")
        return ConnectionPool(NodeConnection, host=host, port=int(port), **{**OPTIONS, **self._connection})

    async def aclose(self) -> None:
        """Close every connection."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        self._initialize = True
        nodes = [*self._seeds, *self.nodes_manager.nodes_cache.values()]
        await asyncio.gather(*(node.disconnect() for node in nodes), return_exceptions=True)

    async def _execute_command(self, target_node: ClusterNode, *args: Any, **kwargs: Any) -> Any:
        node, is_asking = target_node, False
        for attempt in range(_MAX_REDIRECTIONS):
            if attempt > 1:  # the nodes do not agree yet
                await asyncio.sleep(_TRY_AGAIN)
            try:
                return await self._attempt(node, args, kwargs, is_asking=is_asking)
            except MovedError as error:
                node, is_asking = await self._owner(error, node), False
            except AskError as error:
                node, is_asking = self._importing(error, node), True
            except TryAgainError:  # some keys of the script have moved, and some have not
                pass
        raise TryAgainError("the slot is moving")

    async def _attempt(
        self, node: ClusterNode, arguments: tuple[Any, ...], options: dict[str, Any], *, is_asking: bool
    ) -> Any:
        if time.monotonic() < self._paused_until.get(node.name, 0.0):
            self.look_again()  # a replica may have its slots by now
            raise NodePaused
        try:
            return await (_ask if is_asking else ClusterNode.execute_command)(node, *arguments, **options)
        except (ClusterDownError, exceptions.ReadOnlyError):
            self.look_again()
            raise
        except exceptions.MaxConnectionsError:  # no failure of the node
            raise
        except (exceptions.ConnectionError, exceptions.TimeoutError, OSError):
            self.failed(node)
            raise
        except asyncio.CancelledError as error:
            error.node = node  # type: ignore[attr-defined]  # `RedisStore` knows whether it was too slow
            raise

    async def _owner(self, error: MovedError, node: ClusterNode) -> ClusterNode:
        """The node that a MOVED reply names, which has the slot from now on."""
        error.host = error.host or node.host
        self.nodes_manager.slots_cache.setdefault(error.slot_id, [])
        await self.nodes_manager.move_slot(error)
        return self.primary_of(error.slot_id)

    def _importing(self, error: AskError, node: ClusterNode) -> ClusterNode:
        """The node that an ASK reply names, which takes a slot over at present."""
        host = error.host or node.host
        known: ClusterNode | None = self.get_node(host, error.port)
        if known is not None:
            return known
        found = ClusterNode(host, error.port, "primary", **self.connection_kwargs)
        self.nodes_manager.set_nodes(self.nodes_manager.nodes_cache, {found.name: found})
        return found

    def _refresh(self) -> asyncio.Task[None]:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._read(), name="cluster-slots", context=Context())
        return self._refreshing

    async def _read(self) -> None:
        """Read the slots from the first node that answers. Never fails; `problem` says why it did not work."""
        self._refreshed_at = time.monotonic()
        nodes = [*{*self.nodes_manager.nodes_cache.values(), *self._seeds}]
        try:
            async with asyncio.timeout(_REFRESH_TIMEOUT):
                first = await _first_to_answer(nodes)
                self.nodes_manager.startup_nodes = {first.name: first}
                await self.nodes_manager.initialize()
        except (exceptions.RedisError, RedisClusterException, OSError) as error:
            self.problem = error
        except Exception:  # such as an answer without slots, for which redis-py has no error
            self.problem = ClusterDownError("no node serves a slot")
        else:
            self.problem, self._initialize = None, False
            for node in self.nodes_manager.nodes_cache.values():  # redis-py would reopen every connection
                connections: list[Any] = node._connections
                for connection in connections:
                    connection.reset_should_reconnect()
            await asyncio.gather(*(seed.disconnect() for seed in self._seeds))  # each is a node as well


async def _first_to_answer(nodes: list[ClusterNode]) -> ClusterNode:
    random.shuffle(nodes)
    asked = {asyncio.create_task(node.execute_command("PING")): node for node in nodes}
    waiting, problem = set(asked), None
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                if (problem := one.exception()) is None:
                    return asked[one]
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    raise problem or ClusterDownError("no node is known")


async def _ask(node: ClusterNode, *arguments: Any, **options: Any) -> Any:
    """Run a command after ASKING, on the same connection."""
    commands = [PipelineCommand(0, "ASKING"), PipelineCommand(1, *arguments, **options)]
    await node.execute_pipeline(commands)
    if isinstance(result := commands[1].result, Exception):
        raise result
    return result
