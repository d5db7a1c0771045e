"""Settings of a service that owns a Postgres database."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from servicekit.settings.service import ServiceSettings


def _postgres_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if (
        parts.scheme not in ("postgresql", "postgres")
        or not parts.hostname
        or not parts.username
        or parts.path in ("", "/")
    ):
        raise ValueError("write it as postgresql://role:password@host:port/database")
    return value


PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]


class DatabaseSettings(ServiceSettings):
    """Where the database is, for each of its three roles, and how much of it one process may use."""

    reader_url: PostgresUrl = Field(description="postgresql:// URL of the role that may only read.")
    replica_url: PostgresUrl | None = Field(
        None, description="postgresql:// URL of a replica for that role; where given, every read goes there."
    )
    writer_url: PostgresUrl = Field(description="postgresql:// URL of the role that writes, and keeps the audit trail.")
    owner_url: PostgresUrl | None = Field(
        None, description="postgresql:// URL of the role that owns the tables; only `migrate` and `seed` use it."
    )
    connections: int = Field(10, ge=1, le=200, description="Most database connections of one process, per role.")
    statement_timeout: float = Field(
        5.0, gt=0, le=60, description="Seconds after which Postgres cancels a statement of a call."
    )

    @property
    def reads_url(self) -> str:
        """Where reads go."""
        return (self.replica_url or self.reader_url).get_secret_value()
