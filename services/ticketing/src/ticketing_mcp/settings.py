"""Settings of the ticketing server."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from servicekit.settings import (
    TOOLSETS,
    AuditFileSettings,
    DatabaseSettings,
    InvalidContent,
    MissingSettings,
    OwnFile,
    PostgresUrl,
    read_files,
)
from ticketing_mcp.models.attachments import DEFAULT_KINDS, FILE_KINDS, FileKind
from ticketing_mcp.models.toolsets import Toolset
from ticketing_mcp.models.zendesk_accounts import FILE, parse_accounts

Backend = Literal["postgres", "zendesk"]


class TicketingSettings(DatabaseSettings, AuditFileSettings):
    """Settings with the prefix TICKETING_: of a desk in Postgres, or of one at Zendesk."""

    model_config = SettingsConfigDict(env_prefix="TICKETING_")

    port: int = Field(8102, ge=1, le=65535, description="Port to listen on.")
    toolsets: Annotated[tuple[Toolset | Literal["default", "all"], ...], NoDecode] = TOOLSETS
    zendesk_file: str | None = Field(
        None, description="YAML file with the Zendesk account of each tenant. Reloaded when it changes."
    )
    backend: Backend = Field(
        "postgres",
        validate_default=True,
        description="Where the tickets are: postgres (this server's own desk), or zendesk, which needs ZENDESK_FILE, "
        "REDIS_URL and AUDIT_FILE, and no database.",
    )
    zendesk_timeout: float = Field(10.0, gt=0, le=60, description="Timeout of one request to Zendesk, in seconds.")
    attachment_types: Annotated[tuple[FileKind, ...], NoDecode] = Field(
        DEFAULT_KINDS, description="Types of files that may be attached, of: " + ", ".join(FILE_KINDS) + "."
    )
    attachment_quota: int = Field(
        10 * 1024**3, ge=0, description="Bytes of all attachments of one tenant, after which no more are accepted."
    )
    reader_url: PostgresUrl = Field(
        SecretStr(""),
        validate_default=False,
        description="postgresql:// URL of the read-only role. Required with BACKEND=postgres.",
    )
    writer_url: PostgresUrl = Field(
        SecretStr(""),
        validate_default=False,
        description="postgresql:// URL of the role that writes data and the audit trail. Required with "
        "BACKEND=postgres.",
    )

    @field_validator("attachment_types", mode="before")
    @classmethod
    def _split_types(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @property
    def uses_database(self) -> bool:
        """Whether the tickets are in Postgres."""
        return self.backend == "postgres"

    @property
    def own_files(self) -> Sequence[OwnFile]:
        """The file of Zendesk accounts."""
        return [OwnFile(FILE, self.zendesk_file, parse_accounts)] if self.zendesk_file is not None else []

    @property
    def upstream_urls(self) -> Sequence[str]:
        """The addresses of the Zendesk accounts; none while their file is invalid, which `check` reports by itself."""
        if self.zendesk_file is None:
            return ()
        try:
            accounts = parse_accounts(read_files(FILE, [self.zendesk_file]))
        except InvalidContent:
            return ()
        return sorted({account.url for account in accounts.values()})

    @field_validator("backend", mode="after")
    @classmethod
    def _require_what_it_needs(cls, backend: Backend, info: ValidationInfo) -> Backend:
        """Name what is missing beside the other problems. A setting that is wrong itself is not in `info`."""
        needed = ("reader_url", "writer_url") if backend == "postgres" else ("zendesk_file",)
        if missing := [name for name in needed if info.data.get(name, True) in (None, SecretStr(""))]:
            raise MissingSettings(missing)
        if backend == "postgres" and info.data.get("zendesk_file") is not None:
            raise ValueError("ZENDESK_FILE is set, and BACKEND is postgres: set BACKEND=zendesk, or unset the file")
        return backend
