"""Reads `REDIS_URL`: which servers hold the shared store, and how to reach them.

One form for each way in which platforms run Redis and Valkey: one server, a Unix socket, Sentinel, Cluster. A second
`s` asks for TLS, which verifies the certificate and the host name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, SecretStr

Kind = Literal["server", "socket", "sentinel", "cluster"]

_SCHEMES: Final[dict[str, tuple[Kind, bool]]] = {
    "redis": ("server", False),
    "rediss": ("server", True),
    "unix": ("socket", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
"""Scheme -> kind and TLS."""
_FORMS: Final = (
    "redis://user:password@host:6379/0 (rediss:// for TLS), unix:///path/to/redis.sock?db=0, "
    "redis+sentinel://user:password@sentinel1:26379,sentinel2:26379/service/0 or "
    "redis+cluster://user:password@node1:6379,node2:6379"
)
_PORTS: Final[dict[Kind, int]] = {"server": 6379, "socket": 0, "sentinel": 26379, "cluster": 6379}
_FILES: Final = {"ssl_ca_certs": "ca", "ssl_certfile": "certificate", "ssl_keyfile": "key"}
"""Parameters of the URLs of redis-py, which the settings REDIS_CA, REDIS_CERTIFICATE and REDIS_KEY replace."""
_UNVERIFIED: Final = ("ssl_cert_reqs", "ssl_check_hostname")
_NO: Final = ("none", "cert_none", "optional", "cert_optional", "false", "no", "0", "n", "f", "off")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where the shared store is.

    Attributes:
        hosts: host and port of the server, of each Sentinel, or of the nodes of a Cluster to ask first.
        path: of the Unix socket.
        service: the name by which Sentinel knows the primary.
        tls: connections to the store use TLS. Those to Sentinels do where `sentinel_tls` is true.
        ca, certificate, key: paths of PEM files; without `ca`, the system's authorities count.
    """

    kind: Kind
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    database: int = 0
    service: str = ""
    tls: bool = False
    sentinel_tls: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


def parse_redis_url(url: str) -> RedisAddress:
    """Read the URL.

    Raises:
        ValueError: what is wrong with it, without its content.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise ValueError(f"write it as {_FORMS}")
    kind, tls = _SCHEMES[scheme.lower()]
    parts = _split(rest)
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    options = _options(parts.query, kind, tls=tls)
    address: dict[str, Any] = {"kind": kind, "tls": tls, "username": unquote(username), "password": unquote(password)}
    address |= {name: options[parameter] for parameter, name in _FILES.items() if parameter in options}
    if kind == "socket":
        if hosts or len(parts.path) < 2:
            raise ValueError("write a Unix socket as unix:///path/to/redis.sock")
        return RedisAddress(**address, path=unquote(parts.path), database=_database(options.get("db", "")))
    found = _hosts(hosts, kind)
    names = [unquote(name) for name in parts.path.split("/")[1:] if name]
    service = ""
    if kind == "sentinel":
        if not names:
            raise ValueError("name the service that Sentinel watches: redis+sentinel://sentinel1:26379/mymaster")
        service = names.pop(0)
    if len(names) > 1:
        raise ValueError("after the hosts comes the number of the database, such as /0")
    number = options.get("db", names[0] if names else "")
    database = _database(number)
    if kind == "cluster" and database:
        raise ValueError("a Cluster has only database 0")
    sentinel_tls = kind == "sentinel" and (tls if "sentinel_tls" not in options else options["sentinel_tls"] == "true")
    return RedisAddress(**address, hosts=found, database=database, service=service, sentinel_tls=sentinel_tls)


def _split(rest: str) -> SplitResult:
    """The parts of what follows the scheme."""
    if any(character.isspace() or not character.isprintable() for character in rest):  # `urlsplit` drops some of them
        raise ValueError("it contains a space or a line break: write a space as %20")
    try:
        parts = urlsplit(f"redis://{rest}")
    except ValueError:
        raise ValueError(f"its host is invalid; write it as {_FORMS}") from None
    if parts.fragment:
        raise ValueError("write # in a password as %23")
    return parts


def _check(value: SecretStr) -> SecretStr:
    parse_redis_url(value.get_secret_value())
    return value


RedisUrl = Annotated[SecretStr, AfterValidator(_check)]
"""A setting with the URL of the shared store."""


def _hosts(text: str, kind: Kind) -> tuple[tuple[str, int], ...]:
    found = tuple(_host(part, _PORTS[kind]) for part in text.split(","))
    if kind == "server" and len(found) > 1:
        raise ValueError("redis:// has one host; for several, use redis+sentinel:// or redis+cluster://")
    return found


def _host(text: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or default
    except ValueError:
        raise ValueError(
            "a host or port is invalid. Write host:6379, [::1]:6379 for IPv6, and any of :/?#[]@ in a password "
            "percent-encoded"
        ) from None
    if not host or parts.username is not None:
        raise ValueError(f"a host is missing; write it as {_FORMS}")
    return unquote(host), port


def _database(text: str) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise ValueError("the database is a number, such as /0")
    return int(text or 0)


def _options(query: str, kind: Kind, *, tls: bool) -> dict[str, str]:
    allowed: Sequence[str] = ("db", *_FILES, *_UNVERIFIED, *(["sentinel_tls"] if kind == "sentinel" else []))
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not set(options) <= set(allowed):  # not quoted: it may be part of a password
        raise ValueError(f"unknown parameter. Known are {', '.join(allowed)}; write ? in a password as %3F")
    if any(options.get(name, "").lower() in _NO for name in _UNVERIFIED):
        raise ValueError("certificates and host names are always verified: set REDIS_CA to your authority's file")
    if not tls and any(name in options for name in (*_FILES, *_UNVERIFIED)):
        raise ValueError("the connection has no TLS, which parameters that begin with ssl_ need: write rediss://")
    if any(options.get(name) == "" for name in _FILES):
        raise ValueError(f"a file is missing: give {', '.join(_FILES)} a path, or remove them")
    if options.get("sentinel_tls", "true") not in ("true", "false"):
        raise ValueError("sentinel_tls is true or false")
    return options
