"""The user and password for the shared store, read again from their files, so that they can be rotated."""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from pydantic import SecretStr
from redis.credentials import CredentialProvider

from servicekit.settings.redis_url import RedisAddress, parse_redis_url
from servicekit.settings.secret_file import secret_file
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.redaction import configure_secrets


class Credentials(NamedTuple):
    """A user and a password; no user means the server's default user, no password no login."""

    username: str
    password: str


class Login(CredentialProvider):
    """The credentials for a new connection: the current ones, and the ones before them while a rotation is under way.

    A connection stays logged in when the password changes. A new one tries what worked last; when the server refuses
    that, it tries the other. So the file and the server may change in either order.

    Args:
        read: the current credentials; called for each new connection, without blocking for long.
    """

    def __init__(self, read: Callable[[], Credentials]) -> None:
        self._read = read
        self._known = [read()]  # the newest first

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """What to send with AUTH; an empty tuple sends none."""
        self._look()
        username, password = self._known[0]
        if not password:
            return ()  # type: ignore[return-value]  # redis-py then sends no AUTH
        return (username, password) if username else (password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        return self.get_credentials()

    def try_other(self) -> bool:
        """Use the other credentials, since the server refused the ones in use. False where there are none."""
        refused = self._known[0]
        self._look()
        if self._known[0] != refused:
            return True
        self._known.reverse()
        return len(self._known) > 1

    def _look(self) -> None:
        current = self._read()
        if current not in self._known:
            configure_secrets([current.password])
            self._known = [current, self._known[0]]


def store_login(settings: ServiceSettings, address: RedisAddress) -> Login:
    """The credentials for the store: of REDIS_USERNAME and REDIS_PASSWORD, or else of REDIS_URL.

    The files of REDIS_PASSWORD_FILE, REDIS_USERNAME_FILE and REDIS_URL_FILE are read again.
    """
    url = _reader(settings, "redis_url")
    username, password = _reader(settings, "redis_username"), _reader(settings, "redis_password")

    def read() -> Credentials:
        current = address
        with suppress(ValueError):  # an edit that is no URL: the last one counts
            current = parse_redis_url(url())
        return Credentials(username() or current.username, password() or current.password)

    return Login(read)


def sentinel_login(settings: ServiceSettings) -> Login:
    """The credentials for Sentinels; none by default."""
    username, password = _reader(settings, "redis_sentinel_username"), _reader(settings, "redis_sentinel_password")
    return Login(lambda: Credentials(username(), password()))


def _reader(settings: ServiceSettings, name: str) -> Callable[[], str]:
    """Reads the current value of a setting: from its file if it has one."""
    value = getattr(settings, name)
    content = value.get_secret_value() if isinstance(value, SecretStr) else value or ""
    file = secret_file(settings, name, content)
    return file.read if file is not None else lambda: content
