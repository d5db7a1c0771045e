"""A Valkey (or Redis) Cluster: nodes with slots, replicas; move a slot, kill a node, fail over."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from redis.crc import key_slot

from devkit.loopback.ports import LOOPBACK

from .certificates import Certificates
from .ports import store_port
from .programs import Program
from .redis_server import RedisServer, RunningRedis, start_redis

SLOTS = 16384
_PATIENCE = 60.0


@dataclass
class ValkeyCluster:
    """A running cluster. `primaries[n]` has the n-th share of the slots; `replicas[n]` copies `primaries[n]`."""

    primaries: list[RunningRedis]
    replicas: list[RunningRedis]

    @property
    def nodes(self) -> list[RunningRedis]:
        return [*self.primaries, *self.replicas]

    @property
    def addresses(self) -> list[str]:
        """`127.0.0.1:port` of every node."""
        return [node.address for node in self.nodes]

    def owner_of(self, key: str) -> RunningRedis:
        """The primary that has the slot of a key now."""
        return self._owner(key_slot(key.encode()))

    def _owner(self, slot: int) -> RunningRedis:
        alive = next(node for node in self.nodes if node.server.is_ready())
        for first, last, (_, port, *_), *_ in alive.ask("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == port)
        raise LookupError(f"No node has slot {slot}.")

    def move_slot(self, slot: int, target: RunningRedis) -> None:
        """Move a slot and its keys to another primary; clients that know the old place are answered MOVED."""
        source = self._owner(slot)
        self.begin_move(slot, target)
        for name in (source, target, *self.primaries):
            name.ask("CLUSTER", "SETSLOT", slot, "NODE", _id_of(target))

    def begin_move(self, slot: int, target: RunningRedis) -> None:
        """Move the keys of a slot and leave the move open: the source answers ASK for keys that it no longer has."""
        source = self._owner(slot)
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", _id_of(source))
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", _id_of(target))
        for key in source.ask("CLUSTER", "GETKEYSINSLOT", slot, 10_000):
            source.ask("MIGRATE", LOOPBACK, target.port, key, 0, 5000)

    def fail_over(self, number: int) -> None:
        """Make `replicas[number]` the primary in order, and return when it is."""
        replica = self.replicas[number]
        replica.ask("CLUSTER", "FAILOVER")
        wait_until(lambda: replica.ask("ROLE")[0] == "master", "the replica is primary")

    def wait_for_replica(self, number: int) -> None:
        """Return when `replicas[number]` has taken over from its primary, which was killed."""
        replica = self.replicas[number]
        wait_until(lambda: replica.ask("ROLE")[0] == "master", "the replica is primary")

    def wait_until_whole(self) -> None:
        """Return when every node that runs sees every slot served."""
        for node in self.nodes:
            if node.server.is_ready():
                wait_until(lambda node=node: _sees_all(node), "the cluster is whole")  # type: ignore[misc]

    def stop(self) -> None:
        """Stop every node."""
        for node in self.nodes:
            node.process.stop()


def start_valkey_cluster(
    program: Program,
    folder: Path,
    *,
    primaries: int = 3,
    replicas: int = 0,
    options: Mapping[str, str] | None = None,
    users: Sequence[str] = (),
    certificates: Certificates | None = None,
) -> ValkeyCluster:
    """Start a cluster that serves every slot. `replicas` is 0, or `primaries` for one each.

    A node that does not answer for 1 s counts as failed; with replicas, its slots are served again some 2 s later.
    """
    directives = {
        "cluster-enabled": "yes",
        "cluster-node-timeout": "1000",
        "cluster-replica-validity-factor": "0",
        **({"tls-cluster": "yes"} if certificates else {}),
        **(options or {}),
    }
    nodes: list[RunningRedis] = []
    cluster = ValkeyCluster(nodes, [])
    try:
        for number in range(primaries + replicas):
            server = RedisServer(
                program, folder / f"node-{number}", store_port(), directives, users=users, certificates=certificates
            )
            nodes.append(start_redis(server))
        _join(nodes, primaries)
    except BaseException:
        cluster.stop()
        raise
    cluster = ValkeyCluster(nodes[:primaries], nodes[primaries:])
    cluster.wait_until_whole()
    return cluster


def _join(nodes: list[RunningRedis], primaries: int) -> None:
    for number, node in enumerate(nodes):
        node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        if number < primaries:
            slots = range(SLOTS * number // primaries, SLOTS * (number + 1) // primaries)
            node.ask("CLUSTER", "ADDSLOTS", *slots)
    for node in nodes[1:]:
        node.ask("CLUSTER", "MEET", LOOPBACK, nodes[0].port)
    for node in nodes:
        wait_until(lambda node=node: _knows(node) == len(nodes), "every node knows the others")  # type: ignore[misc]
    for number, replica in enumerate(nodes[primaries:]):
        replica.ask("CLUSTER", "REPLICATE", _id_of(nodes[number]))
    for replica in nodes[primaries:]:
        wait_until(lambda replica=replica: replica.ask("ROLE")[3] == "connected", "replicas have copied")  # type: ignore[misc]


def _id_of(node: RunningRedis) -> str:
    return str(node.ask("CLUSTER", "MYID"))


def _knows(node: RunningRedis) -> int:
    return int(_info(node)["cluster_known_nodes"])


def _sees_all(node: RunningRedis) -> bool:
    info = _info(node)
    return info["cluster_state"] == "ok" and info["cluster_slots_ok"] == SLOTS


def _info(node: RunningRedis) -> dict[str, int | str]:
    pairs = (line.split(":", 1) for line in str(node.ask("CLUSTER", "INFO")).split())
    return {name: int(value) if value.isdigit() else value for name, value in pairs}


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return when a condition of another process holds."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"After {_PATIENCE:.0f} s, not yet: {what}.")
        time.sleep(0.02)
