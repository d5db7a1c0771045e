"""Whether a service's database has its newest schema and its data, without starting the service to ask.

Loading a service to find nothing to do takes longer than everything else at a warm start.
"""

import hashlib

from devkit.stores.databases import DatabaseUrls, is_empty
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory


class DatabaseStatus:
    """What one service's database was prepared with, remembered beside the cluster."""

    def __init__(self, service: ServiceDescription, state: StateDirectory) -> None:
        self._service = service
        self._note = state.prepared(service.name)

    async def forget_if_empty(self, urls: DatabaseUrls) -> None:
        """Forget what is noted when the database is empty: somebody dropped it."""
        if await is_empty(urls.owner):
            self._note.unlink(missing_ok=True)

    @property
    def needs_migration(self) -> bool:
        """Whether the migrations differ from those that ran last."""
        return not self._note.exists() or self._note.read_text() != self._digest()

    @property
    def needs_data(self) -> bool:
        """Whether the database was never filled (`seed` itself leaves data that is there alone)."""
        return not self._note.exists()

    def record(self) -> None:
        """Note that the database has the schema of now, and data."""
        self._note.write_text(self._digest())

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._service.source.glob("*/migrations/**/*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(self._service.source)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()
