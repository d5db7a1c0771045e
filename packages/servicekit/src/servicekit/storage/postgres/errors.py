"""What the errors of Postgres and asyncpg mean: whose fault a failure is, and what the operator should do.

An error that is listed here makes a call "unavailable". Any other is a bug of this program, and crashes the call.
SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html. The messages of Postgres are translated,
so only its codes and the names of its source functions are compared; a pooler's errors are known by their words.
"""

from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.login.failures import CannotConnect


class NoReply(Exception):
    """A statement got no reply. Distinguishes its timeout or OSError from one raised elsewhere in a call."""


DRIVER_ERRORS: Final = (
    NoReply,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What asyncpg raises while it connects, or takes a connection back."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a database cannot serve a call.

    Attributes:
        cause: what is wrong, for the log.
        next_step: what the operator should do.
        moves: the connections of the pool may lead to the wrong server, and are replaced.
        repeatable: a read may succeed at once on another connection.
        elsewhere: a read may succeed at once on another server.
        brief: other statements may succeed on this server at the same time.
    """

    cause: str
    next_step: str
    moves: bool = False
    repeatable: bool = False
    elsewhere: bool = True
    brief: bool = False


class DatabaseUnavailable(Unavailable):
    """`Unavailable`, with the reason for the log."""

    def __init__(self, component: str, failure: Failure) -> None:
        super().__init__(component)
        self.failure = failure
        self.for_operator = f"The {component} database cannot be used: {failure.cause}. {failure.next_step}"


_WAIT: Final = "Check that Postgres runs and can be reached from here; a restart or a failover takes some seconds."
_MIGRATE: Final = "Run `migrate` of this release with the owner's URL, and check that the URL names the right database."
_LOST: Final = Failure("the connection was lost", _WAIT, moves=True, repeatable=True)
READ_ONLY: Final = Failure(
    "the server refuses writes: it is a standby, or read-only",
    "Let WRITER_URL lead to the primary: an address that follows a failover, or several hosts with "
    "target_session_attrs=read-write. On a primary, look for default_transaction_read_only.",
    moves=True,
)
BUSY: Final = Failure(
    "every connection of this process is in use",
    "Look for slow statements; then raise CONNECTIONS, or run more replicas of this server.",
    brief=True,
)
_CONFLICT: Final = Failure(
    "the replica cancelled a read that was in the way of its replay",
    "Nothing, if it is rare: the primary served the read. Else raise max_standby_streaming_delay or turn on "
    "hot_standby_feedback.",
    brief=True,
)
_CONTENTION: Final = Failure(
    "transactions were in each other's way (deadlock, serialization or lock timeout)",
    "Nothing, if it is rare. Else look for long transactions in pg_stat_activity.",
    brief=True,
)
_STARTING: Final = Failure("the server is starting, stopping or recovering", _WAIT, moves=True)
_SLOW: Final = Failure(
    "a statement was cancelled: it took longer than STATEMENT_TIMEOUT, or an operator cancelled it",
    "Look for load, locks and missing statistics on the server; then raise STATEMENT_TIMEOUT.",
    elsewhere=False,
    brief=True,
)
_NO_TIME: Final = Failure(
    "no connection or no reply in time",
    "Check the network to the server, its load, and whether CONNECTIONS suffices for the calls of this process.",
    moves=True,
)
_POOLED: Final = Failure(
    "a prepared statement is missing or exists twice: a pooler shares sessions between clients",
    "Set POOLER=transaction, or connect without the pooler.",
    moves=True,
)
_NO_DATABASE: Final = Failure(
    "the pooler, or Postgres behind it, has no such database or role",
    "Correct the name in the URL, or add it to the pooler's configuration.",
)
_NO_SERVER_LOGIN: Final = replace(
    _LOST,
    cause="the pooler cannot sign in to Postgres",
    next_step="Read the log of the pooler: Postgres may be down, or the pooler may have an old password.",
)
# By words of PgBouncer's messages, which are not translated; most have the code 08P01.
_BY_POOLER: Final = {
    "startup parameter": Failure(
        "a pooler refuses the parameters of the session",
        "Set POOLER=transaction, and remove `options` from the URL, or list them in the pooler's "
        "ignore_startup_parameters, which drops them.",
    ),
    "no such database": _NO_DATABASE,
    "does not exist": _NO_DATABASE,
    "no more connections allowed": Failure(
        "the pooler has no client connection left", "Raise max_client_conn of the pooler, or lower CONNECTIONS."
    ),
    "query_wait_timeout": replace(
        _LOST,
        cause="the pooler had no server connection in time",
        next_step="Check that Postgres runs, and look for long transactions; then raise default_pool_size.",
    ),
    "server login": _NO_SERVER_LOGIN,
    "password authentication failed": _NO_SERVER_LOGIN,
}
_CHANGED: Final = Failure(
    "the tables were changed while statements were prepared",
    "Nothing: it passes.",
    moves=True,
    repeatable=True,
    brief=True,
)

# By code; below, by the code's class.
_BY_CODE: Final = {
    "25006": READ_ONLY,
    "40001": _CONTENTION,
    "40P01": _CONTENTION,
    "55P03": _CONTENTION,
    "57014": _SLOW,
    "57P01": replace(_LOST, cause="the server ended the connection (admin_shutdown)"),
    "57P02": replace(_LOST, cause="the server crashed"),
    "57P03": _STARTING,
    "57P04": Failure("the database was dropped", "Restore it, or correct the URL.", moves=True),
    "57P05": replace(_LOST, cause="the server ended an idle session", next_step="Raise idle_session_timeout."),
    "25P03": replace(_LOST, cause="the server ended an idle transaction"),
    "25P04": replace(_LOST, cause="the server ended a long transaction"),
    "53100": Failure("the disk of the server is full", "Free or add disk space: the server writes again by itself."),
    "53200": Failure("the server is out of memory", "Give the server memory, or lower work_mem and max_connections."),
    "53300": Failure(
        "the server has no connection left",
        "Compare CONNECTIONS x roles x pods with max_connections and with the limits of database and role; lower "
        "CONNECTIONS, or put a pooler in front.",
    ),
    "3F000": Failure("the schema does not exist", _MIGRATE),
    "42P01": Failure("a table does not exist", _MIGRATE),
    "42703": Failure("a column does not exist", _MIGRATE),
    "42883": Failure("a function does not exist", _MIGRATE),
    "26000": _POOLED,
    "42P05": _POOLED,
}
_BY_CLASS: Final = {
    "08": _LOST,
    "53": Failure("the server is out of resources", "Read the log of the server."),
    "57": _STARTING,
    "58": Failure("the server had a system error", "Read the log of the server, and check its disks."),
}
_RIGHT: Final = Failure(
    "the role lacks a right",
    "Run `migrate` of this release, which grants the rights, and check that each URL names its own role.",
)
_WRAPAROUND: Final = Failure(
    "the server takes no new transactions, to avoid wraparound", "Vacuum the database, as the server's log says."
)
_REFUSED: Final = Failure("the server refuses connections", _WAIT, moves=True)


def failure_of(error: BaseException | None, *, reads: bool = False) -> Failure | None:
    """What an error of a statement means; None for a bug of this program.

    Args:
        reads: of connections that only read. Postgres cancels their statements when a replica replays.
    """
    if isinstance(error, NoReply):
        return _of_client(error.__cause__)
    if isinstance(error, asyncpg.PostgresError):
        return _of_server(error, reads=reads)
    if isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError):
        # The end of a transaction whose connection was lost within it fails with an error of its own.
        lost = error.__context__
        return failure_of(lost, reads=reads) if isinstance(lost, (NoReply, asyncpg.PostgresError)) else None
    return None


def connect_failure_of(error: BaseException, *, reads: bool = False) -> Failure | None:
    """What an error while connecting means; None for a bug of this program."""
    if isinstance(error, asyncpg.PostgresError):
        return _of_server(error, reads=reads)
    if isinstance(error, CannotConnect):
        return Failure(error.cause, error.next_step)
    if isinstance(error, (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError, NoReply)):
        return _of_client(error.__cause__ if isinstance(error, NoReply) else error)
    return None


def _of_client(error: BaseException | None) -> Failure:
    """Of an error that this side of the connection found."""
    found: tuple[tuple[type[BaseException], Failure], ...] = (
        (TimeoutError, _NO_TIME),
        (ConnectionRefusedError, _REFUSED),
        (FileNotFoundError, _REFUSED),  # a socket's path
        (asyncpg.OutdatedSchemaCacheError, _CHANGED),
    )
    return next((failure for kind, failure in found if isinstance(error, kind)), _LOST)


def _of_server(error: asyncpg.PostgresError, *, reads: bool) -> Failure | None:
    """Of an error that the server sent."""
    code = error.sqlstate or ""
    failure = _BY_CODE.get(code, _BY_CLASS.get(code[:2]))
    if reads and code == "25006":  # a write through connections for reads
        return None
    if reads and code in ("40001", "40P01"):
        failure = replace(_CONFLICT, moves=_ends_connection(error))
    elif code == "42501" and _source(error).startswith("aclcheck"):  # unlike a row of another tenant, which is a bug
        failure = _RIGHT
    elif code == "54000" and _source(error).startswith(("GetNewTransactionId", "GetNewMultiXactId")):
        failure = _WRAPAROUND
    elif isinstance(error, asyncpg.InvalidCachedStatementError):
        failure = _CHANGED
    elif code == "08P01":
        failure = next((found for words, found in _BY_POOLER.items() if words in str(error)), failure)
    elif failure is None and _ends_connection(error):  # such as a pooler's own errors
        failure = _LOST
    if failure is None or failure is READ_ONLY:  # the health check finds it without an error
        return failure
    # What ends a connection quotes roles, hosts and limits, and never a value of a statement.
    said = f": {error.args[0]}" if _ends_connection(error) and error.args else ""
    return replace(failure, cause=f"{failure.cause} ({code}){said}")


def _ends_connection(error: asyncpg.PostgresError) -> bool:
    # PgBouncer sends only the field that Postgres translates.
    return (getattr(error, "severity_en", None) or getattr(error, "severity", None)) in ("FATAL", "PANIC")


def _source(error: asyncpg.PostgresError) -> str:
    """The function of Postgres that raised the error."""
    return getattr(error, "server_source_function", None) or ""
