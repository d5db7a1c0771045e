"""Where a role's database is and how to log in there: the one way to Postgres, for pools and for commands.

The driver is given each host on its own, because its own list of hosts shares one timeout, so that a host that does not
answer hides the others, and one password.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from servicekit.settings.database_url import DatabaseUrl, read_database_url
from servicekit.storage.postgres.login.address_files import AddressFiles, Read
from servicekit.storage.postgres.login.failures import (
    CannotConnect,
    PasswordRefused,
    in_words,
    no_server_fits,
    password_refused,
    refuses_login,
)
from servicekit.storage.postgres.login.keepalive import set_keepalive
from servicekit.storage.postgres.login.passfile import passfile_of, password_in
from servicekit.storage.postgres.login.password_command import PasswordCommand
from servicekit.storage.postgres.login.passwords import Passwords
from servicekit.storage.postgres.login.server_state import fits
from servicekit.storage.postgres.login.version import require_version

CONNECT_TIMEOUT: Final = 20.0
"""Seconds for a connection outside of a pool, all hosts together."""
SECOND_LOOK: Final = 30.0
"""Seconds after which a pool on a server of second choice looks for the first again."""
PREFERENCES: Final = frozenset({"prefer-standby", "prefer-primary"})

Host = tuple[str, int]


class DatabaseAddress:
    """An address with its login.

    Args:
        url: the URL at the start.
        name: its setting, for log lines.
        target: which of several servers to use if the URL does not say: one of libpq's ``target_session_attrs``, or
            ``prefer-primary``.
        url_file: the file of the URL, read again for each new connection.
        password: a password, instead of one in the URL.
        password_file: its file, read again for each new connection.
        command: prints the password.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        *,
        name: str = "database",
        target: str = "any",
        url_file: Path | None = None,
        password: str | None = None,
        password_file: Path | None = None,
        command: PasswordCommand | None = None,
    ) -> None:
        self._target = target
        self._first = password or url.password
        self._command = command
        self._files = AddressFiles(name, url, url_file, password, password_file)
        self._passwords: dict[Host, Passwords] = {}
        self._last: Host | None = None
        self._place: object = _place(url)
        self._second_choice_since: float | None = None

    @property
    def url(self) -> DatabaseUrl:
        """The URL in use."""
        return self._files.url

    async def connect(
        self,
        _dsn: None = None,  # a pool passes its own, which it does not have
        *,
        timeout: float = CONNECT_TIMEOUT,  # noqa: ASYNC109  # an option of the driver, which pools pass on
        server_settings: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """A new connection to the server that serves the role. Takes the options of `asyncpg.connect`.

        Args:
            timeout: seconds for all hosts and passwords together.
            server_settings: settings of the session; those of the URL go first.

        Raises:
            CannotConnect: the reason in words.
            OSError, TimeoutError, asyncpg.PostgresError: other failures, which their type names.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        read = await self._read()
        options["server_settings"] = {**(server_settings or {}), **read.url.server_settings}
        target = self._target_of(read.url)
        hosts = self._in_order(read.url)
        failures, rejected = list[Exception](), list[Any]()
        chosen = None
        try:
            for index, host in enumerate(hosts):
                seconds = _share(deadline - loop.time(), len(hosts) - index, read.url.parameters)
                try:
                    connection = await self._log_in(read, host, loop.time() + seconds, options)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                    failures.append(error)
                    continue
                rejected.append(connection)
                if target == "any" or await fits(target, connection, options["server_settings"]):
                    chosen, self._last = connection, host
                    break
            else:
                if rejected and target in PREFERENCES:
                    chosen = rejected[0]
                    self._second_choice_since = self._second_choice_since or loop.time()
        finally:
            for connection in rejected:
                if connection is not chosen:
                    connection.terminate()
        if rejected and chosen is None:
            raise no_server_fits(target, len(hosts)) from _worst(failures)
        if chosen is None:
            raise _worst(failures) or no_server_fits(target, len(hosts))
        set_keepalive(chosen, read.url.parameters)
        return chosen

    async def moved(self) -> bool:
        """Whether open connections should be replaced: their URL names another place, or a better server may be up."""
        url = await asyncio.to_thread(self._files.read_url) if self._files.may_move else self.url
        since = self._second_choice_since
        elsewhere = _place(url) != self._place
        again = since is not None and asyncio.get_running_loop().time() - since > SECOND_LOOK
        if elsewhere or again:
            self._place, self._second_choice_since = _place(url), None
        return elsewhere or again

    def attributes(self, connection: Any) -> dict[str, Any]:
        """Span attributes of a connection, without its credentials."""
        host, port = connection._addr if isinstance(connection._addr, tuple) else (connection._addr, None)
        found = {"server.address": host, "server.port": port, "db.namespace": self.url.database}
        return {"db.system.name": "postgresql", **{name: value for name, value in found.items() if value}}

    def close(self) -> None:
        """Stop the command's timer."""
        if self._command is not None:
            self._command.close()

    def _target_of(self, url: DatabaseUrl) -> str:
        return url.parameters.get("target_session_attrs") or (self._target if len(url.hosts) > 1 else "any")

    def _in_order(self, url: DatabaseUrl) -> Sequence[Host]:
        """The host that served last goes first, so that a host which is down costs its timeout once."""
        if url.parameters.get("load_balance_hosts") == "random":
            return random.sample(url.hosts, len(url.hosts))
        return sorted(url.hosts, key=lambda host: host != self._last)

    async def _read(self) -> Read:
        return await asyncio.to_thread(self._files.read)

    async def _log_in(self, read: Read, host: Host, deadline: float, options: Mapping[str, Any]) -> Any:
        """Connect to one host with the first password that it accepts.

        Raises:
            PasswordRefused: none is accepted, or none was a moment ago.
        """
        passwords = self._passwords.setdefault(host, Passwords(self._first))
        tried, refusal = list[str | None](), None
        while True:
            current = await self._current_password(read, host)
            untried = [password for password in passwords.to_try(current) if password not in tried]
            if not untried:
                raise password_refused(refusal, host[0], read.url.role, tried=len(tried)) from refusal
            for password in untried:
                tried.append(password)
                try:
                    connection = await self._attempt(read, host, password, deadline, options)
                except asyncpg.PostgresError as error:
                    if not refuses_login(error):
                        raise
                    refusal = error
                    passwords.refused(password)
                    if self._command is not None and password is not None:
                        self._command.refused(password)
                else:
                    passwords.worked(password)
                    return connection
            read = await self._read()  # the file may have changed meanwhile

    async def _attempt(
        self, read: Read, host: Host, password: str | None, deadline: float, options: Mapping[str, Any]
    ) -> Any:
        seconds = deadline - asyncio.get_running_loop().time()
        if seconds <= 0:
            raise TimeoutError
        login: dict[str, Any] = {
            "host": host[0],
            "port": host[1],
            "user": read.url.role,
            "database": read.url.database,
            "password": password if password is not None else _no_password,
            "target_session_attrs": "any",
        }
        try:
            connection = await asyncpg.connect(**login, **read.tls, **options, timeout=seconds)
            require_version(connection)
        except (OSError, asyncpg.PostgresError) as error:
            described = in_words(error, host[0], read.url.database)
            if described is error:
                raise
            raise described from error
        return connection

    async def _current_password(self, read: Read, host: Host) -> str | None:
        """The password of the setting, the command or the URL, of libpq's variable, or of the passfile."""
        if self._command is not None:
            return await self._command.password()
        given = read.password or read.url.password or read.url.usual_password
        if given is not None or (file := passfile_of(read.url.parameters)) is None:
            return given
        return await asyncio.to_thread(password_in, file, *host, read.url.database, read.url.role)


def address_from(address: "DatabaseAddress | str") -> DatabaseAddress:
    """An address, from its URL too."""
    return DatabaseAddress(read_database_url(address)) if isinstance(address, str) else address


def _no_password() -> None:
    """Keeps the driver from looking for a password by itself."""


def _place(url: DatabaseUrl) -> object:
    return url.hosts, url.role, url.database, url.parameters


def _share(seconds: float, hosts: int, parameters: Mapping[str, str]) -> float:
    """Seconds for the next host, so that some are left for those after it."""
    limit = int(parameters.get("connect_timeout", "0"))
    return min(seconds / hosts, limit) if limit > 0 else seconds / hosts


def _worst(failures: Iterable[Exception]) -> Exception | None:
    """The failure that says most: Postgres's own errors, then those in words."""
    kinds = (asyncpg.PostgresError, PasswordRefused, CannotConnect, Exception)
    ranked = [(next(rank for rank, kind in enumerate(kinds) if isinstance(one, kind)), one) for one in failures]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None
