"""Says in words why the shared store cannot be used."""

import ssl
from socket import gaierror
from typing import Final

from redis import exceptions as redis

_SILENT: Final = "Check host, port, firewall and NetworkPolicy, and whether the port speaks TLS as the URL says."
_REASONS: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (gaierror, "The host's name cannot be resolved.", "Check the host, and that DNS can be reached."),
    (
        ssl.SSLCertVerificationError,
        "The store's certificate is not trusted.",
        "Set the CA that signed it, and use the host name that it was issued for.",
    ),
    (ssl.SSLError, "The TLS handshake failed.", "Use rediss:// for a port with TLS and redis:// for one without."),
    (
        redis.AuthenticationError,
        "User or password are wrong, or missing.",
        "Put the current ones into the secret: redis://user:password@host.",
    ),
    (redis.NoPermissionError, "The user may not run a command that the server needs.", "See store.commands."),
    (redis.BusyLoadingError, "The store is loading its data.", "Wait, then check again."),
    (redis.ReadOnlyError, "This is a read-only replica.", "Use the primary's address, or a URL with Sentinel."),
    (redis.OutOfMemoryError, "The store is full.", "Raise maxmemory, or remove what others keep there."),
    (redis.MasterDownError, "This is a replica that lost its primary.", "Use the primary's address."),
    (redis.MaxConnectionsError, "No connection is free.", "Raise the store's maxclients."),
    (ConnectionRefusedError, "Nothing accepts connections there.", "Check host and port, and that the store runs."),
    (redis.ClusterDownError, "The cluster has no node for a part of its keys.", "Repair the cluster."),
    (redis.MovedError, "This is a node of a cluster.", "Use a URL for a cluster, which reaches all nodes."),
    (redis.TimeoutError, "No answer in time.", _SILENT),
    (TimeoutError, "No answer in time.", _SILENT),
)
_CODES: Final = {
    "NOAUTH": ("The store demands a password.", "Put it into the URL: redis://user:password@host."),
    "NOPERM": ("The user may not run a command that the server needs.", "See store.commands."),
    "MISCONF": ("The store refuses writes, since it cannot save its data.", "Free its disk; see its log."),
    "MOVED": ("This is a node of a cluster.", "Use a URL for a cluster, which reaches all nodes."),
    "CROSSSLOT": ("Keys of one script lie on several nodes.", "Report it as a bug."),
    "NOREPLICAS": ("The store refuses writes, since it has too few replicas.", "Repair its replicas."),
    "OOM": ("The store is full.", "Raise maxmemory, or remove what others keep there."),
    "READONLY": ("This is a read-only replica.", "Use the primary's address, or a URL with Sentinel."),
}
_NAMED: Final = frozenset(_CODES)


def store_problem(error: BaseException) -> tuple[str, str]:
    """What is wrong and what to do, for an error of the store. Quotes no text of the driver or the store."""
    causes = causes_of(error)
    for cause in causes:
        if (code := _code(cause)) is not None:
            return _CODES[code]
        for kind, detail, remedy in _REASONS:
            if isinstance(cause, kind):
                return detail, remedy
    return f"The store cannot be used ({type(causes[-1]).__name__}).", "Check the URL, and the store's log."


def causes_of(error: BaseException) -> list[BaseException]:
    """The causes of an error, the first being the deepest that the driver raised."""
    found: list[BaseException] = []
    while error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__ or error
    # The operating system's error says more than the driver's around it.
    return sorted(found, key=lambda one: not isinstance(one, OSError) or isinstance(one, redis.RedisError))


def _code(error: BaseException) -> str | None:
    """The store's error code, where it is one of those known here."""
    if not isinstance(error, redis.ResponseError) or isinstance(error, redis.AuthenticationError):
        return None
    return next((word for word in str(error).split()[:1] if word in _NAMED), None)
