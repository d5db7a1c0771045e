"""Settings of a service without a database, whose audit trail is in files."""

from pathlib import Path

from pydantic import Field, model_validator

from servicekit.settings.service import ServiceSettings


class AuditFileSettings(ServiceSettings):
    """The files of the audit trail."""

    audit_file: Path | None = Field(
        None, description="Audit trail file, one for each process. Without it and a store, the server only reads."
    )
    audit_file_max_bytes: int = Field(
        64 * 1024 * 1024,
        ge=64 * 1024,
        description="Size at which AUDIT_FILE is renamed and a new file begun, in bytes. So it is each month.",
    )
    audit_file_max_total: int | None = Field(
        None,
        ge=128 * 1024,
        description="Bytes of all audit files together. Beyond it, the oldest are deleted. Without it, they are kept.",
    )

    @model_validator(mode="after")
    def _check_audit_files(self) -> "AuditFileSettings":
        if self.audit_file_max_total is not None and self.audit_file_max_total < 2 * self.audit_file_max_bytes:
            raise ValueError("AUDIT_FILE_MAX_TOTAL must be at least twice AUDIT_FILE_MAX_BYTES, for one older file")
        return self
