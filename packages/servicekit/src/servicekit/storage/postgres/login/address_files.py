"""What a database address takes from files: the whole URL, a password, certificates. Read for each new connection."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servicekit.settings.database_parameters import InvalidDatabaseUrl
from servicekit.settings.database_url import DatabaseUrl, read_database_url
from servicekit.storage.postgres.login.failures import CannotConnect
from servicekit.storage.postgres.login.tls import PostgresTls
from servicekit.telemetry.redaction import configure_rotating_secret

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """What the files hold now.

    Attributes:
        password: the one of its own setting, else None.
        tls: options of the driver.
    """

    url: DatabaseUrl
    password: str | None
    tls: dict[str, Any]


class AddressFiles:
    """The files of one address. An unreadable file, or an invalid URL, leaves the last content in use, and is logged.

    Args:
        name: the setting of the URL, for log lines and for masking.
        url: the URL at the start.
        password: the password at the start, if it has a setting of its own.
    """

    def __init__(
        self, name: str, url: DatabaseUrl, url_file: Path | None, password: str | None, password_file: Path | None
    ) -> None:
        self._name = name
        self._url = url
        self._url_file, self._password_file = url_file, password_file
        self._text: str | None = None
        self._password = password
        self._problem: str | None = None
        self._tls = PostgresTls()

    @property
    def url(self) -> DatabaseUrl:
        """The last valid URL."""
        return self._url

    @property
    def may_move(self) -> bool:
        """Whether the URL is in a file."""
        return self._url_file is not None

    def read(self) -> Read:
        """Read the files. In a thread.

        Raises:
            CannotConnect: the password's file was never readable, or TLS cannot be used.
        """
        self.read_url()
        if self._password_file is not None:
            self._read_password(self._password_file)
        return Read(self._url, self._password, self._tls.options(self._url.parameters))

    def read_url(self) -> DatabaseUrl:
        """Read the URL again, if it is in a file."""
        if self._url_file is None:
            return self._url
        try:
            text = self._url_file.read_text(encoding="utf-8-sig").strip()
            if text != self._text:
                url = read_database_url(text)
                for secret in (text, *url.secrets):
                    configure_rotating_secret(f"{self._name}{len(secret) == len(text)}", secret)
                self._url, self._text = url, text
            self._report(None)
        except InvalidDatabaseUrl as error:
            self._report(str(error))
        except (OSError, UnicodeDecodeError) as error:
            self._report(f"the file cannot be read ({type(error).__name__})")
        return self._url

    def _read_password(self, file: Path) -> None:
        try:
            password = file.read_text(encoding="utf-8-sig").strip()
            if not password:
                raise CannotConnect(f"the password file for {self._name} is empty", "Write the password into it.")
        except CannotConnect:
            if self._password is None:
                raise
        except (OSError, UnicodeDecodeError) as error:
            if self._password is None:
                raise CannotConnect(
                    f"the password file for {self._name} cannot be read ({type(error).__name__})",
                    "Check its path and its permissions.",
                ) from None
        else:
            if password != self._password:
                configure_rotating_secret(f"{self._name}_password", password)
            self._password = password

    def _report(self, problem: str | None) -> None:
        """Log a problem once."""
        if problem is not None and problem != self._problem:
            _logger.warning("database address kept", extra={"setting": self._name, "reason": problem})
        self._problem = problem
