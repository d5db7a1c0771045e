"""What the issuer remembers over a restart: registered clients and refresh tokens, in one file only its owner reads."""

import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from devkit.errors import DevkitError
from devkit.issuer.client import Client


class Grant(BaseModel):
    """What a person (or a client for itself) was given."""

    model_config = ConfigDict(frozen=True)

    client_id: str
    subject: str
    tenant: str
    scopes: tuple[str, ...]
    resource: str
    family: str
    """Names everything that comes from one consent, so that it can be taken back together."""
    nonce: str | None = None


class RefreshRecord(BaseModel):
    """A refresh token, by the hash it is filed under."""

    grant: Grant
    expires_at: float
    rotated: bool = False
    """Whether it was exchanged already; seeing it again means that somebody copied it."""


class Memory(BaseModel):
    """The whole content of the file."""

    clients: dict[str, Client] = {}
    refresh_tokens: dict[str, RefreshRecord] = {}


class Store:
    """`memory`, kept in `path`; without a path it lasts as long as the process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.memory = Memory()
        if path is not None and path.exists():
            try:
                self.memory = Memory.model_validate_json(path.read_bytes())
            except ValidationError:
                raise DevkitError(
                    f"{path} is not readable as the issuer's memory. Delete it; clients sign in again."
                ) from None

    def save(self) -> None:
        """Write the memory, all of it or nothing."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=self._path.parent)  # mode 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(self.memory.model_dump_json())
        Path(name).replace(self._path)
