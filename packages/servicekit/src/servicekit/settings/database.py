"""Settings of a service with a Postgres database."""

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
    """Database URLs of the three roles, and the limits of one process."""

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
        None, description="postgresql:// URL of the role that owns the tables. Only `migrate` and `seed` use it."
    )
    connections: int = Field(10, ge=1, le=200, description="Maximum database connections of one process, per role.")
    statement_timeout: float = Field(5.0, gt=0, le=60, description="Seconds after which Postgres cancels a statement.")
