"""Whether a service's database has the newest schema and sample data, read without starting the service.

Starting a service only to find that nothing is to do takes longer than the rest of a warm start.
"""

import hashlib

from devkit.stores.databases import DatabaseUrls, is_empty
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory


class DatabaseStatus:
    """The recorded state of a service's database: a digest of the migrations that ran, and the newest of them.

    `make doctor` reads the line "revision 0016" before anything is installed.
    """

    def __init__(self, service: ServiceDescription, state: StateDirectory) -> None:
        self._service = service
        self._note = state.prepared(service.name)

    async def forget_if_empty(self, urls: DatabaseUrls) -> None:
        """Delete the record when the database is empty, for example after DROP DATABASE."""
        if await is_empty(urls.owner):
            self._note.unlink(missing_ok=True)

    @property
    def needs_migration(self) -> bool:
        """Whether the migrations differ from the recorded ones."""
        return not self._note.exists() or self._note.read_text().split("\n")[0] != self._digest()

    @property
    def needs_data(self) -> bool:
        """Whether the database was never seeded (`seed` keeps existing data)."""
        return not self._note.exists()

    def record(self) -> None:
        """Record that the database has the current schema and data."""
        versions = self._service.source.glob("*/migrations/versions/[0-9]*_*.py")
        newest = max((path.name.partition("_")[0] for path in versions), default="")
        self._note.write_text(f"{self._digest()}\nrevision {newest}\n")

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._service.source.glob("*/migrations/**/*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(self._service.source)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()
