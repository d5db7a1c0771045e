"""What an error of the shared store means: the cause in words, the operator's next step, and what to do about it."""

import re
import socket
import ssl
from collections.abc import Iterator
from typing import Final, NamedTuple

from redis import exceptions
from redis.asyncio.sentinel import MasterNotFoundError


class Failure(NamedTuple):
    """Why a command failed.

    Attributes:
        cause: without addresses, keys and values.
        moves: another server may have the data now, so idle connections are closed and opened again.
        pauses: further commands would wait, or fail as this one; False where only some commands fail.
    """

    cause: str
    next_step: str
    moves: bool = False
    pauses: bool = False


_NO_REPLY: Final = Failure(
    "no reply in time",
    "Look at the store's load, SLOWLOG and network. A reply must arrive within 50 ms.",
    pauses=True,
)
_NO_CONNECTION: Final = Failure(
    "no connection in time",
    "Look at the network to the store. Does its port speak TLS (rediss://), or not (redis://)? 50 ms are allowed.",
    pauses=True,
)
_UNKNOWN: Final = Failure("the store refuses a command", "Look at the log of the store.")
_LOST: Final = Failure(
    "the store closes connections",
    "Look at the log of the store. For TLS write rediss:// in REDIS_URL; it may demand REDIS_CERTIFICATE, too.",
    moves=True,
    pauses=True,
)
_BY_CODE: Final = {
    "MOVED": Failure(
        "the server is a node of a Cluster",
        "Write REDIS_URL as redis+cluster://host:6379, or rediss+cluster:// for TLS.",
        pauses=True,
    ),
    "READONLY": Failure(
        "the server is a replica, which refuses writes",
        "Point REDIS_URL at the primary. With redis+sentinel:// servers follow a failover by themselves.",
        moves=True,
    ),
    "MASTERDOWN": Failure(
        "the server is a replica that has lost its primary",
        "Point REDIS_URL at the primary, or complete the failover.",
        moves=True,
        pauses=True,
    ),
    "LOADING": Failure(
        "the server is loading its data", "Wait. If this repeats, look at why the store restarts.", pauses=True
    ),
    "OOM": Failure(
        "the memory of the store is full",
        "Raise maxmemory, or give the servers a store of their own. Keep the policy noeviction.",
    ),
    "MISCONF": Failure(
        "the store cannot save its data and refuses writes", "Free its disk: its log says why the save (RDB) failed."
    ),
    "NOREPLICAS": Failure(
        "the store has fewer replicas than min-replicas-to-write demands", "Restore the replicas of the store."
    ),
    "NOAUTH": Failure(
        "the store demands a password",
        "Set REDIS_PASSWORD_FILE, or put the user and password into REDIS_URL.",
        moves=True,
        pauses=True,
    ),
    "WRONGPASS": Failure(
        "the store refuses the user or password",
        "Compare REDIS_USERNAME and REDIS_PASSWORD with the users of the store (ACL LIST).",
        moves=True,
        pauses=True,
    ),
    "NOPERM": Failure(
        "the user of the store may not run a command or use a key",
        "Grant the rights in docs/stores.md to the user of REDIS_URL (ACL SETUSER).",
    ),
    "CLUSTERDOWN": Failure(
        "the Cluster serves no slots, or not all", "Look at CLUSTER INFO. A slot needs a primary that the others reach."
    ),
    "TRYAGAIN": Failure("slots of the Cluster are moving", "Wait until the resharding is complete."),
    "ASK": Failure("slots of the Cluster are moving", "Wait until the resharding is complete."),
    "BUSY": Failure(
        "a script or function blocks the store", "Look for it in SLOWLOG; SCRIPT KILL ends it.", pauses=True
    ),
    "max number of clients": Failure(
        "the store has no connection left (maxclients)",
        "Raise maxclients, or look for clients that keep connections open (CLIENT LIST).",
        pauses=True,
    ),
    "unknown command": Failure(
        "the server does not know a command",
        "Use Redis 6.2 or Valkey and newer. The port of a Sentinel takes redis+sentinel://.",
    ),
    "DB index": Failure(
        "the store has no database of that number", "Correct the number at the end of REDIS_URL.", pauses=True
    ),
}
_BY_CODE["ACL failure in script"] = _BY_CODE["NOPERM"]
_BY_CODE["The user executing the script can't"] = _BY_CODE["NOPERM"]  # Redis 6.2 and 7.0
_NO_SELECT: Final = Failure(
    "the user of the store may not choose a database (SELECT)",
    "Use database 0 in REDIS_URL, or grant it: ACL SETUSER … +select.",
    pauses=True,
)
_CODES: Final = re.compile("|".join(rf"(?<!\w){re.escape(code)}(?!\w)" for code in _BY_CODE))
_CLASSES: Final[dict[type[Exception], str]] = {
    exceptions.MovedError: "MOVED",
    exceptions.AskError: "ASK",
    exceptions.ReadOnlyError: "READONLY",
    exceptions.MasterDownError: "MASTERDOWN",
    exceptions.BusyLoadingError: "LOADING",
    exceptions.OutOfMemoryError: "OOM",
    exceptions.NoPermissionError: "NOPERM",
    exceptions.ClusterDownError: "CLUSTERDOWN",
    exceptions.SlotNotCoveredError: "CLUSTERDOWN",
    exceptions.TryAgainError: "TRYAGAIN",
}
_NO_CLUSTER: Final = Failure(
    "the server is no node of a Cluster", "Write REDIS_URL as redis://host:6379, or rediss:// for TLS.", pauses=True
)
_NO_PRIMARY: Final = Failure(
    "no Sentinel names a primary",
    "Compare the service in REDIS_URL with SENTINEL MASTERS, and look whether a failover is under way.",
    pauses=True,
)
_SENTINEL_LOGIN: Final = Failure(
    "a Sentinel refuses the user or password", "Set REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD.", pauses=True
)
_REFUSED: Final = Failure(
    "the server refuses connections", "Start the store, or correct host and port in REDIS_URL.", moves=True, pauses=True
)
_NO_HOST: Final = Failure(
    "the host name of the store is unknown", "Correct the host in REDIS_URL, or look at the DNS.", pauses=True
)
_CERTIFICATE: Final = Failure(
    "the certificate of the store is not trusted",
    "Set REDIS_CA to the authority's file, and use a host name that is in the certificate.",
    pauses=True,
)
_TLS: Final = Failure(
    "TLS with the store fails",
    "Does its port speak TLS (rediss://)? If it demands a client certificate, set REDIS_CERTIFICATE and REDIS_KEY.",
    pauses=True,
)
_FILE: Final = Failure(
    "the Unix socket of the store is missing", "Start the store, or correct the path in REDIS_URL.", pauses=True
)
_CONNECTIONS: Final = Failure("all connections to a node are in use", "Look for slow commands on that node (SLOWLOG).")


def failure_of(error: BaseException) -> Failure:
    """What an error means."""
    chain = [*_chain(error)]
    for one in chain:  # the inner ones may be of the call that the command was part of
        if (found := _known(one)) is not None:
            is_sentinels = found is _BY_CODE["WRONGPASS"] or found is _BY_CODE["NOAUTH"]
            return _SENTINEL_LOGIN if is_sentinels and any(isinstance(e, MasterNotFoundError) for e in chain) else found
    if any(isinstance(one, MasterNotFoundError) for one in chain):
        return _NO_PRIMARY
    return _LOST if any(isinstance(one, exceptions.ConnectionError | OSError) for one in chain) else _UNKNOWN


def _known(error: BaseException) -> Failure | None:
    if isinstance(error, exceptions.MaxConnectionsError):
        return _CONNECTIONS
    if isinstance(error, exceptions.NoPermissionError) and "'select'" in str(error).lower():
        return _NO_SELECT
    if (code := _CLASSES.get(type(error))) is not None:  # type: ignore[arg-type]
        return _BY_CODE[code]
    if isinstance(error, exceptions.AuthenticationError):
        return _BY_CODE["NOAUTH" if "required" in str(error) else "WRONGPASS"]
    if isinstance(error, exceptions.RedisClusterException):
        is_denied = isinstance(error.__context__, exceptions.NoPermissionError)
        return _NO_CLUSTER if str(error).startswith("Cluster mode is not enabled") and not is_denied else None
    if isinstance(error, exceptions.RedisError):
        found = _CODES.search(str(error))
        return _BY_CODE[found[0]] if found else None
    return _known_to_the_system(error)


def _known_to_the_system(error: BaseException) -> Failure | None:
    if isinstance(error, TimeoutError):
        return _NO_CONNECTION if getattr(error.__cause__, "is_connecting", False) else _NO_REPLY
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE
    if isinstance(error, ssl.SSLError):
        return _TLS
    if isinstance(error, socket.gaierror):
        return _NO_HOST
    if isinstance(error, FileNotFoundError | PermissionError):
        return _FILE
    return _REFUSED if isinstance(error, ConnectionRefusedError) else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
