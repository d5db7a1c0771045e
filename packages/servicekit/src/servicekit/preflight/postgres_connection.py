"""Connects to a database as the server does, and says in words why it cannot."""

import ssl
from collections.abc import Awaitable, Callable
from socket import gaierror
from typing import Any, Final

import asyncpg

from servicekit.core.errors import Unavailable
from servicekit.preflight.finding import Area
from servicekit.storage.connection_failures import CannotConnect
from servicekit.storage.postgres import Database

_REASONS: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (gaierror, "The host's name cannot be resolved.", "Check the host, and that DNS can be reached."),
    (
        ssl.SSLCertVerificationError,
        "The server's certificate is not trusted: {verification}.",
        "Set sslrootcert to the CA that signed it, and use the host name that it was issued for.",
    ),
    (ssl.SSLError, "The TLS handshake failed ({code}).", "Check sslmode, sslcert and sslkey, and the server's TLS."),
    (
        ConnectionRefusedError,
        "Nothing accepts connections at that address.",
        "Check host and port, and that Postgres runs and listens on that address.",
    ),
    (
        asyncpg.InvalidPasswordError,
        "The password is wrong.",
        "Put the role's current password into the secret, or set it: ALTER ROLE … PASSWORD.",
    ),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "The server does not let this role sign in from here.",
        "Check the role's name, that it has LOGIN, and pg_hba.conf: address, database, TLS.",
    ),
    (asyncpg.InvalidCatalogNameError, "The database does not exist.", "Check its name, or create it."),
    (
        asyncpg.InsufficientPrivilegeError,
        "The role may not connect to this database.",
        "GRANT CONNECT ON DATABASE … TO the role.",
    ),
    (
        asyncpg.TooManyConnectionsError,
        "No connection is free.",
        "Close idle ones, raise max_connections (or the role's CONNECTION LIMIT), or lower CONNECTIONS.",
    ),
    (asyncpg.CannotConnectNowError, "The server is starting, stopping or recovering.", "Wait, then check again."),
    (
        asyncpg.ProtocolViolationError,
        "The server, probably a pooler, refuses the way of connecting ({code}).",
        "Behind PgBouncer, use ignore_startup_parameters, and set POOLER to the pooler's mode.",
    ),
    (
        asyncpg.TargetServerAttributeNotMatched,
        "No host of the URL is of the kind that target_session_attrs demands.",
        "Check which host is the primary, or the value of target_session_attrs.",
    ),
    (
        asyncpg.ClientConfigurationError,
        "The URL cannot be used ({code}).",
        "Check its parameters, and the files that it names.",
    ),
    (FileNotFoundError, "A file or socket that the URL names does not exist.", "Check its path, and its volume."),
    (PermissionError, "A file or socket that the URL names cannot be read.", "Give the server's user the right to."),
    (TimeoutError, "No answer in time.", "A firewall or NetworkPolicy may drop packets: check host and port."),
    (ConnectionError, "The connection was closed, or TLS refused, by the server.", "Check sslmode, and the port."),
)


async def use_connection(area: Area, database: Database, name: str, use: Callable[[Any], Awaitable[None]]) -> None:
    """Call `use` with a connection that has no tenant. Reports why there is none, or why it was lost.

    Args:
        name: the variable with the database's URL.
    """
    is_open = False
    await database.start()
    try:
        async with database.without_tenant() as connection:
            is_open = True
            await use(connection)
    except (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, OSError) as error:
        if is_open and not isinstance(error, Unavailable):
            raise
        detail, remedy = connection_problem(error)
        area.fail("connection", f"{name}: {detail}", remedy)
    finally:
        await database.stop()


def connection_problem(error: BaseException) -> tuple[str, str]:
    """What is wrong and what to do, for an error of connecting. Quotes no text of the driver or the server."""
    for cause in _causes(error):
        if isinstance(cause, CannotConnect):
            return f"{cause.cause[0].upper()}{cause.cause[1:]}.", cause.next_step
        for kind, detail, remedy in _REASONS:
            if isinstance(cause, kind):
                verification = getattr(cause, "verify_message", "")
                return detail.format(code=_code(cause), verification=verification), remedy
    last = list(_causes(error))[-1]
    return f"The connection failed ({_code(last)}).", "Check the URL, and the log of the server."


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    while error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__ or error
    return found


def _code(error: BaseException) -> str:
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__name__}{f', SQLSTATE {state}' if state else ''}"
