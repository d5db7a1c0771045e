"""The user and password for the shared store, read again from their files, so that they can be rotated."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from pydantic import SecretStr
from redis.credentials import CredentialProvider

from servicekit.settings.file_secret import file_of
from servicekit.settings.redis_url import RedisAddress, parse_redis_url
from servicekit.settings.secret_file import SecretFile
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.redaction import configure_rotating_secret

_logger = logging.getLogger(__name__)


class Credentials(NamedTuple):
    """A user and a password; no user means the server's default user, no password no login."""

    username: str
    password: str


class Login(CredentialProvider):
    """The credentials for a new connection: the current ones, and the ones before them while a rotation is under way.

    A connection stays logged in when the password changes. A new one tries what worked last; when the server refuses
    that, it tries the other. So the file and the server may change in either order.

    Args:
        name: the setting of the password, for masking it.
        read: the current credentials; called for each new connection, without blocking for long.
    """

    def __init__(self, name: str, read: Callable[[], Credentials]) -> None:
        self._name, self._read = name, read
        self._known = [read()]  # the newest first

    def current(self) -> Credentials:
        """The credentials to try first."""
        self._look()
        return self._known[0]

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """What to send with AUTH; an empty tuple sends none."""
        username, password = self.current()
        if not password:
            return ()  # type: ignore[return-value]  # redis-py then sends no AUTH
        return (username, password) if username else (password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        return self.get_credentials()

    def try_other_than(self, refused: Credentials) -> bool:
        """Whether there are others than those that the server refused. They are the current ones then."""
        if self.current() == refused:
            self._known.reverse()
        return self._known[0] != refused

    def _look(self) -> None:
        current = self._read()
        if current not in self._known:
            configure_rotating_secret(self._name, current.password)
            self._known = [current, self._known[0]]


def store_login(settings: ServiceSettings, address: RedisAddress) -> Login:
    """The credentials for the store: of REDIS_USERNAME and REDIS_PASSWORD, or else of REDIS_URL.

    The files of REDIS_PASSWORD_FILE, REDIS_USERNAME_FILE and REDIS_URL_FILE are read again.
    """
    url = _UrlReader(_reader(settings.redis_url), address)
    username, password = _reader(settings.redis_username), _reader(settings.redis_password)

    def read() -> Credentials:
        current = url.read()
        return Credentials(username() or current.username, password() or current.password)

    return Login("REDIS_PASSWORD", read)


def sentinel_login(settings: ServiceSettings) -> Login:
    """The credentials for Sentinels; none by default."""
    username, password = _reader(settings.redis_sentinel_username), _reader(settings.redis_sentinel_password)
    return Login("REDIS_SENTINEL_PASSWORD", lambda: Credentials(username(), password()))


def fixed_login(username: str = "", password: str = "") -> Login:
    """Credentials that do not change; none by default."""
    return Login("REDIS_URL", lambda: Credentials(username, password))


class _UrlReader:
    """The URL of the store, of which a rotation may change the user and the password."""

    def __init__(self, content: Callable[[], str], address: RedisAddress) -> None:
        self._content, self._address = content, address
        self._text = ""

    def read(self) -> RedisAddress:
        """The address with the current credentials."""
        if (text := self._content()) != self._text:
            self._text = text
            try:
                address = parse_redis_url(text)
            except ValueError as error:
                _logger.warning("store address kept", extra={"setting": "REDIS_URL", "reason": str(error)})
            else:
                if _place_of(address) != _place_of(self._address):
                    reason = "only user and password change without a restart"
                    _logger.warning("store address kept", extra={"setting": "REDIS_URL", "reason": reason})
                self._address = replace(self._address, username=address.username, password=address.password)
        return self._address


def _place_of(address: RedisAddress) -> RedisAddress:
    return replace(address, username="", password="", ca=None, certificate=None, key=None)


def _reader(secret: SecretStr | None) -> Callable[[], str]:
    """Reads the current value of a setting: from its file if it has one."""
    content = secret.get_secret_value() if secret is not None else ""
    path = file_of(secret)
    return SecretFile(path, content).read if path is not None else lambda: content
