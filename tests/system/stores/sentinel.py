"""A primary and replicas of Valkey (or Redis) watched by Sentinels: fail over in order, or kill the primary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from redis.exceptions import ResponseError

from devkit.loopback.ports import LOOPBACK

from .certificates import Certificates
from .ports import store_port
from .programs import Program
from .redis_server import RedisServer, RunningRedis, start_redis
from .valkey_cluster import wait_until

SERVICE = "shared"
"""The name of the primary, as Sentinels know it."""


@dataclass
class SentinelSite:
    """Servers and Sentinels that run. `servers[0]` was the primary first."""

    servers: list[RunningRedis]
    sentinels: list[RunningRedis]

    @property
    def sentinel_addresses(self) -> list[str]:
        """`127.0.0.1:port` of every Sentinel."""
        return [sentinel.address for sentinel in self.sentinels]

    def primary(self) -> RunningRedis:
        """The primary, by the first Sentinel that runs."""
        sentinel = next(one for one in self.sentinels if one.server.is_ready())
        _, port = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(server for server in self.servers if server.port == int(port))

    def fail_over(self) -> RunningRedis:
        """Have Sentinel promote a replica while the primary lives (it becomes a replica); gives the new primary."""
        old = self.primary()
        wait_until(self._begins_failover, "Sentinel has a replica to promote")
        return self.wait_for_another(old)

    def _begins_failover(self) -> bool:
        """Sentinel refuses until it has looked at the replicas, also after a failover."""
        try:
            self.sentinels[0].ask("SENTINEL", "FAILOVER", SERVICE)
        except ResponseError as error:
            if "NOGOODSLAVE" not in str(error):
                raise
            return False
        return True

    def wait_for_another(self, old: RunningRedis) -> RunningRedis:
        """Return the new primary when Sentinels name one that accepts writes."""
        wait_until(lambda: self.primary() is not old, "Sentinel names another primary")
        new = self.primary()
        wait_until(lambda: new.ask("ROLE")[0] == "master", "it accepts writes")
        return new

    def wait_for_replica(self, old: RunningRedis) -> None:
        """Return when Sentinel has made an old primary a replica, and it has copied the new one."""
        wait_until(lambda: old.ask("ROLE")[0] == "slave", "the old primary is a replica")
        wait_until(lambda: old.ask("ROLE")[3] == "connected", "the old primary has copied the new one")

    def stop(self) -> None:
        """Stop everything."""
        for one in (*self.sentinels, *self.servers):
            one.process.stop()


def start_sentinel(
    program: Program,
    folder: Path,
    *,
    replicas: int = 1,
    sentinels: int = 1,
    password: str | None = None,
    users: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
    certificates: Certificates | None = None,
) -> SentinelSite:
    """Start a primary, its replicas and Sentinels. Most of the Sentinels must agree that a primary is down.

    A primary that does not answer for 1 s counts as down. `password` is that of the servers; Sentinels have none.
    """
    auth = {"requirepass": password, "masterauth": password} if password else {}
    site = SentinelSite([], [])
    try:
        for number in range(replicas + 1):
            follow = {"replicaof": f"{LOOPBACK} {site.servers[0].port}"} if site.servers else {}
            directives = {**auth, **follow, **(options or {})}
            server = RedisServer(
                program, folder / f"server-{number}", store_port(), directives, users=users, certificates=certificates
            )
            site.servers.append(start_redis(server))
        primary, *copies = site.servers
        for copy in copies:
            wait_until(lambda copy=copy: copy.ask("ROLE")[3] == "connected", "replicas have copied")  # type: ignore[misc]
        watch = {
            "sentinel monitor": f"{SERVICE} {LOOPBACK} {primary.port} {sentinels // 2 + 1}",
            "sentinel down-after-milliseconds": f"{SERVICE} 1000",
            "sentinel failover-timeout": f"{SERVICE} 3000",
            **({"sentinel auth-pass": f"{SERVICE} {password}"} if password else {}),
        }
        for number in range(sentinels):
            sentinel = RedisServer(
                program,
                folder / f"sentinel-{number}",
                store_port(),
                watch,
                certificates=certificates,
                is_sentinel=True,
            )
            site.sentinels.append(start_redis(sentinel))
        wait_until(lambda: _knows_all(site), "Sentinels know the servers and each other")
    except BaseException:
        site.stop()
        raise
    return site


def _knows_all(site: SentinelSite) -> bool:
    for sentinel in site.sentinels:
        fields = sentinel.ask("SENTINEL", "MASTER", SERVICE)
        named = fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2], strict=True))
        copies, others = int(named["num-slaves"]), int(named["num-other-sentinels"])
        if copies < len(site.servers) - 1 or others < len(site.sentinels) - 1:
            return False
    return True
