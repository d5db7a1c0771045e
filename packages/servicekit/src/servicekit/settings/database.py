"""Settings of a service with a Postgres database."""

import shlex
from typing import Annotated, Final, Literal, cast

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from servicekit.settings.database_url import read_database_url
from servicekit.settings.service import ServiceSettings

Role = Literal["reader", "replica", "writer", "owner"]
ROLES: Final[tuple[Role, ...]] = ("reader", "replica", "writer", "owner")
Pooler = Literal["direct", "transaction"]
"""What stands before Postgres: nothing, or a pooler that may share its server connections between clients."""


def _postgres_url(value: SecretStr) -> SecretStr:
    read_database_url(value.get_secret_value())
    return value


PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]


def _password(role: Role) -> SecretStr | None:
    description = f"Password for {role.upper()}_URL, instead of one in the URL. From a file, it is read again."
    return cast("SecretStr | None", Field(None, description=description))


def _command(role: Role) -> str | None:
    description = f"Program with arguments that prints the password for {role.upper()}_URL, run without a shell."
    return cast("str | None", Field(None, description=description))


class DatabaseSettings(ServiceSettings):
    """Database URLs of the roles, their passwords, and the limits of one process."""

    reader_url: PostgresUrl = Field(description="postgresql:// URL of the read-only role.")
    replica_url: PostgresUrl | None = Field(
        None,
        description="postgresql:// URL of a read replica. It serves reads, except those that need later data; "
        "READER_URL serves these, and all while the replica is away.",
    )
    replica_max_lag: float = Field(
        30.0, gt=0, le=3600, description="Seconds that the replica may be behind; further behind, it serves no reads."
    )
    writer_url: PostgresUrl = Field(description="postgresql:// URL of the role that writes data and the audit trail.")
    owner_url: PostgresUrl | None = Field(
        None,
        description="postgresql:// URL of the role that owns the tables, for `migrate`, `seed`, `audit` and "
        "`check --owner`. Serving does not use it.",
    )
    reader_password: SecretStr | None = _password("reader")
    replica_password: SecretStr | None = _password("replica")
    writer_password: SecretStr | None = _password("writer")
    owner_password: SecretStr | None = _password("owner")
    reader_password_command: str | None = _command("reader")
    replica_password_command: str | None = _command("replica")
    writer_password_command: str | None = _command("writer")
    owner_password_command: str | None = _command("owner")
    password_command_timeout: float = Field(
        10.0, gt=0, le=120, description="Seconds after which a password command is killed."
    )
    password_command_interval: float = Field(
        600.0,
        ge=1,
        description="Seconds between runs of a password command. A token that names its expiry is replaced before it.",
    )
    pooler: Pooler = Field(
        "direct",
        description="What stands before Postgres: direct (nothing) or transaction (a pooler such as PgBouncer, in "
        "transaction or session mode).",
    )
    connections: int = Field(10, ge=1, le=200, description="Maximum database connections of one process, per role.")
    connection_idle_timeout: float = Field(
        300.0,
        ge=1,
        description="Seconds after which an idle database connection is closed. Keep it below the idle timeout of "
        "firewalls and NAT in between.",
    )
    statement_timeout: float = Field(5.0, gt=0, le=60, description="Seconds after which Postgres cancels a statement.")

    @property
    def uses_database(self) -> bool:
        """Whether the service runs on Postgres; False where a setting chooses another backend."""
        return True

    @field_validator(*(f"{role}_password_command" for role in ROLES))
    @classmethod
    def _check_command(cls, value: str | None) -> str | None:
        try:
            words = shlex.split(value) if value is not None else None
        except ValueError as error:
            raise ValueError(f"its quotation marks cannot be read ({error})") from None
        if words is not None and not words:
            raise ValueError("name a program, such as /opt/bin/token --role orders_reader")
        return value

    @field_validator(*(f"{role}_password" for role in ROLES))
    @classmethod
    def _check_password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            raise ValueError("is empty: write the password, or leave the setting out")
        return value

    @model_validator(mode="after")
    def _check_one_password(self) -> "DatabaseSettings":
        for role in ROLES:
            url: SecretStr | None = getattr(self, f"{role}_url")
            sources = [
                name
                for name, given in {
                    f"the password in {role.upper()}_URL": url and read_database_url(url.get_secret_value()).password,
                    f"{role.upper()}_PASSWORD": getattr(self, f"{role}_password"),
                    f"{role.upper()}_PASSWORD_COMMAND": getattr(self, f"{role}_password_command"),
                }.items()
                if given
            ]
            if len(sources) > 1:
                raise ValueError(f"remove one of two passwords: {' and '.join(sources[:2])}")
        return self
