"""The addresses of a service's database roles, from its settings."""

from typing import Final

from servicekit.settings.database import DatabaseSettings, Role
from servicekit.settings.database_url import read_database_url
from servicekit.settings.file_secret import file_of
from servicekit.storage.postgres.login.address import DatabaseAddress
from servicekit.storage.postgres.login.password_command import PasswordCommand

_TARGETS: Final[dict[Role, str]] = {
    "reader": "prefer-primary",
    "replica": "prefer-standby",
    "writer": "read-write",
    "owner": "read-write",
}
"""Which of several servers serves a role, if its URL does not say."""


def address_of(settings: DatabaseSettings, role: Role) -> DatabaseAddress:
    """The address of a role, whose URL must be set.

    Raises:
        ValueError: it is not.
    """
    prefix = settings.model_config.get("env_prefix", "")
    url = getattr(settings, f"{role}_url")
    if url is None:
        raise ValueError(f"{prefix}{role.upper()}_URL is required")
    password = getattr(settings, f"{role}_password")
    command = getattr(settings, f"{role}_password_command")
    name = f"{prefix}{role}_PASSWORD_COMMAND".upper()
    return DatabaseAddress(
        read_database_url(url.get_secret_value()),
        name=f"{prefix}{role}_URL".upper(),
        target=_TARGETS[role],
        url_file=file_of(url),
        password=password.get_secret_value() if password is not None else None,
        password_file=file_of(password),
        command=PasswordCommand(
            name,
            command,
            timeout=settings.password_command_timeout,
            interval=settings.password_command_interval,
        )
        if command is not None
        else None,
    )
