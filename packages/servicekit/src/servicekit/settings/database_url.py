"""Reads database URLs as libpq does, for every role and every command.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS. Python's own URL parser and asyncpg's
differ from libpq: they stop at ``[`` or ``#`` in a password, read ``+`` as a space, and send unknown parameters to the
server. Errors name the mistake and quote nothing of the URL, which may be secret.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from servicekit.settings.database_parameters import InvalidDatabaseUrl, check_parameters, server_settings_of

EXAMPLE: Final = "postgresql://role:password@host:port/database"
DEFAULT_PORT: Final = 5432

_SCHEME: Final = re.compile(r"postgres(?:ql)?://")
_OTHER_SCHEME: Final = re.compile(r"(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:")
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_PLACE: Final = ("host", "port", "user", "password", "dbname")
_ENCODE: Final = "percent-encode these characters in the role and the password: @ %40, : %3A, / %2F, % %25"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """What a database URL says.

    Attributes:
        hosts: names, addresses or folders of Unix sockets, each with its port; the first is tried first.
        usual_password: libpq's variable ``PGPASSWORD``, for where there is no other.
        parameters: libpq's parameters of the connection, checked, such as ``sslmode``.
        server_settings: settings of the session, from ``options`` and ``application_name``.
    """

    role: str
    database: str
    hosts: tuple[tuple[str, int], ...]
    password: str | None = field(default=None, repr=False)
    usual_password: str | None = field(default=None, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    server_settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> frozenset[str]:
        """What must be masked on its own. A password that equals a name would hide the name."""
        names = {self.role, self.database, *(host for host, _ in self.hosts)}
        return frozenset({self.password or "", self.parameters.get("sslpassword", "")} - names - {""})


def read_database_url(text: str, environment: Mapping[str, str] | None = None) -> DatabaseUrl:
    """Read and check a URL.

    Args:
        environment: libpq's variables, such as ``PGSSLMODE``, which hold where the URL says nothing.

    Raises:
        InvalidDatabaseUrl: with the mistake and the next step.
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        driver = _OTHER_SCHEME.match(text) is not None
        raise InvalidDatabaseUrl(f"write it as {EXAMPLE}{', without a driver in the scheme' if driver else ''}")
    if any(character.isspace() or not character.isprintable() for character in text):
        raise InvalidDatabaseUrl(
            f"it contains a space or a line break: write it as {EXAMPLE} and encode a space as %20"
        )
    place, query = _authority_and_path(text[scheme.end() :])
    given = _parameters(query)
    place |= {key: value for key in _PLACE if (value := given.pop(key, ""))}
    if not place["host"] or not place["user"] or not place["dbname"]:
        raise InvalidDatabaseUrl(f"write it as {EXAMPLE}")
    if "," in place["user"]:  # asyncpg sends it unescaped in its SCRAM message
        raise InvalidDatabaseUrl("the driver cannot log in as a role with a comma in its name: rename the role")
    variables = os.environ if environment is None else environment
    parameters = check_parameters(given, variables)
    return DatabaseUrl(
        role=place["user"],
        database=place["dbname"],
        hosts=_hosts(place["host"].split(","), place["port"].split(",")),
        password=place["password"] or None,
        usual_password=variables.get("PGPASSWORD") or None,
        parameters=parameters,
        server_settings=server_settings_of(parameters),
    )


def _authority_and_path(rest: str) -> tuple[dict[str, str], str]:
    """The parts before the ``?``, decoded, and the text after it."""
    place = dict.fromkeys(_PLACE, "")
    end = re.search("[@/]|$", rest)
    if end is not None and end[0] == "@":
        user, _, password = rest[: end.start()].partition(":")
        place["user"], place["password"] = _decoded(user), _decoded(password)
        rest = rest[end.end() :]
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    pairs = [_host_and_port(one) for one in authority.split(",")]
    place |= {"host": ",".join(host for host, _ in pairs), "port": ",".join(port for _, port in pairs)}
    path, _, query = rest[len(authority) :].partition("?")
    database = path.removeprefix("/")
    if "@" in database:
        raise InvalidDatabaseUrl(f"the name of the database contains @. Write it as {EXAMPLE}, and {_ENCODE}")
    place["dbname"] = _decoded(database)
    return place, query


def _host_and_port(text: str) -> tuple[str, str]:
    """One host of the list, and its port or nothing. An IPv6 address stands in brackets."""
    host, bracket, rest = text.removeprefix("[").partition("]") if text.startswith("[") else ("", "", text)
    name, _, port = rest.partition(":")
    if (text.startswith("[") and (not bracket or name)) or not set("@[]").isdisjoint(name) or not _is_number(port):
        raise InvalidDatabaseUrl(f"the host or its port cannot be read. Write it as {EXAMPLE}, and {_ENCODE}")
    return _decoded(host or name), _decoded(port)


def _is_number(port: str) -> bool:
    return set(_decoded(port)) <= set("0123456789")


def _parameters(query: str) -> dict[str, str]:
    found = dict[str, str]()
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        if not equals or "=" in value:
            raise InvalidDatabaseUrl("write each parameter after the `?` as name=value, divided by &; encode = as %3D")
        found[_decoded(name)] = _decoded(value)
    return found


def _hosts(hosts: list[str], ports: list[str]) -> tuple[tuple[str, int], ...]:
    if len(ports) not in (1, len(hosts)):
        raise InvalidDatabaseUrl(f"it names {len(hosts)} hosts and {len(ports)} ports: give one port, or one for each")
    if not all(hosts):
        raise InvalidDatabaseUrl("one of its hosts is empty: write host1:5432,host2:5432")
    if any(host.startswith("@") for host in hosts):
        raise InvalidDatabaseUrl("abstract Unix sockets are not supported: name the folder of the socket")
    numbers = [_port(port) for port in (ports if len(ports) == len(hosts) else ports * len(hosts))]
    return tuple(zip(hosts, numbers, strict=True))


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise InvalidDatabaseUrl("a port is no number from 1 to 65535")
    return int(text)


def _decoded(text: str) -> str:
    """`text` without percent-encoding. A ``+`` stays what it is."""
    if _ESCAPE.search(text):
        raise InvalidDatabaseUrl(
            "a % is not followed by two hexadecimal digits, or encodes no character: write % as %25"
        )
    if "%" not in text:
        return text
    try:
        return re.sub(rb"%(..)", lambda found: bytes([int(found[1], 16)]), text.encode()).decode()
    except UnicodeDecodeError:
        raise InvalidDatabaseUrl("its percent-encoding is not UTF-8") from None
