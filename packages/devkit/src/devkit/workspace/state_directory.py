"""The state directory: what the developer kit keeps between runs, readable by its owner only."""

import json
import os
import secrets
import tempfile
from pathlib import Path

from devkit.errors import DevkitError


class StateDirectory:
    """Folders and secrets below the state directory. Secrets are made on first use and kept."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def valkey(self) -> Path:
        return self.directory / "valkey"

    @property
    def signing_key(self) -> Path:
        return self.directory / "issuer" / "key.pem"

    @property
    def issuer_memory(self) -> Path:
        return self.directory / "issuer" / "memory.json"

    @property
    def lock(self) -> Path:
        return self.directory / "stack.lock"

    def prepared(self, service: str) -> Path:
        """What the database was prepared with; beside the cluster, so that deleting the cluster deletes it too."""
        return self.postgres / f"prepared-{service}"

    def audit_file(self, name: str) -> Path:
        """Where a service without a database keeps its audit trail."""
        return self.directory / f"audit-{name}.jsonl"

    def ensure(self) -> None:
        """Make the directory. Raises `DevkitError` when it belongs to somebody else or cannot be made."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, probe = tempfile.mkstemp(dir=self.directory)
            os.close(descriptor)
            Path(probe).unlink()
            if self._secrets_file.exists():
                self._read()
        except OSError as problem:
            raise DevkitError(
                f"The state directory {self.directory} cannot be used ({problem.strerror}); perhaps another user made "
                "it. Run as that user, delete it (databases and keys are lost), or set DEVKIT_STATE to another folder."
            ) from None

    def secret(self, name: str) -> str:
        """43 random characters, the same every time for one name."""
        kept = self._read() if self._secrets_file.exists() else {}
        if name not in kept:
            kept[name] = secrets.token_urlsafe(32)
            descriptor, temporary = tempfile.mkstemp(dir=self.directory)  # mode 0600
            with os.fdopen(descriptor, "w") as file:
                json.dump(kept, file, indent=1)
            Path(temporary).replace(self._secrets_file)
        return kept[name]

    @property
    def _secrets_file(self) -> Path:
        return self.directory / "secrets.json"

    def _read(self) -> dict[str, str]:
        try:
            content = json.loads(self._secrets_file.read_text())
        except ValueError:
            content = None
        if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
            raise DevkitError(
                f"{self._secrets_file} is damaged, and without its passwords the databases cannot be opened. "
                f"Delete {self.directory} (databases and keys are lost) and start again."
            )
        return content
