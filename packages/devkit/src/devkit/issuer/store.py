"""The stored state of the issuer: clients, refresh tokens and revocations, in a file that only its owner can read."""

import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from devkit.errors import DevkitError
from devkit.issuer.client import Client


class Grant(BaseModel):
    """What a user granted to a client, or a machine client got for itself."""

    model_config = ConfigDict(frozen=True)

    client_id: str
    subject: str
    tenant: str
    scopes: tuple[str, ...]
    resource: str
    family: str
    """Identifies all tokens of one sign-in, so that they can be revoked together."""
    nonce: str | None = None


class RefreshRecord(BaseModel):
    """A refresh token; its key in the file is the token's hash."""

    grant: Grant
    expires_at: float
    rotated: bool = False
    """Whether it was used; a second use means that it was copied."""


class Memory(BaseModel):
    """The content of the file."""

    clients: dict[str, Client] = {}
    refresh_tokens: dict[str, RefreshRecord] = {}
    revoked: dict[str, float] = {}
    """Access tokens and sign-ins that were revoked, with the time at which the last of their tokens has expired."""


class Store:
    """Keeps `memory` in `path`, or for the process only without a path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.memory = Memory()
        if path is not None and path.exists():
            try:
                self.memory = Memory.model_validate_json(path.read_bytes())
            except ValidationError:
                raise DevkitError(f"{path} is damaged. Delete it; clients then sign in again.") from None

    def save(self) -> None:
        """Write the file atomically."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=self._path.parent)  # mode 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(self.memory.model_dump_json())
        Path(name).replace(self._path)
