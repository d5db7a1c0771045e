"""The state directory: databases, keys and passwords, readable by their owner only."""

import json
import os
import secrets
import tempfile
from pathlib import Path

from devkit.errors import DevkitError


class StateDirectory:
    """Paths and secrets in the state directory. Secrets are generated on first use."""

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
    def connections(self) -> Path:
        """Record of what `connect --write` has added to the configuration of clients."""
        return self.directory / "connections.json"

    @property
    def lock(self) -> Path:
        return self.directory / "stack.lock"

    def prepared(self, service: str) -> Path:
        """Record of the migrations that ran; inside the cluster's folder, so that it is deleted with the cluster."""
        return self.postgres / f"prepared-{service}"

    def audit_file(self, name: str) -> Path:
        """Audit trail of a service without a database."""
        return self.directory / f"audit-{name}.jsonl"

    def simulator_files(self, name: str) -> Path:
        """Folder of the files that a service needs to use a simulator."""
        return self.directory / "simulators" / name

    def ensure(self) -> None:
        """Create the directory. Raises `DevkitError` when it is not writable."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, probe = tempfile.mkstemp(dir=self.directory)
            os.close(descriptor)
            Path(probe).unlink()
            if self._secrets_file.exists():
                self._read()
        except OSError as problem:
            raise DevkitError(
                f"The state directory {self.directory} cannot be used ({problem.strerror}); another user may own it. "
                "Run as that user, delete it (databases and keys are lost), or set DEVKIT_STATE to another folder."
            ) from None

    def secret(self, name: str) -> str:
        """43 random characters, always the same for the same name."""
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
                f"{self._secrets_file} is damaged. The databases cannot be opened without its passwords. "
                f"Delete {self.directory} (databases and keys are lost) and start again."
            )
        return content
