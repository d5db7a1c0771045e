"""Space on the volumes that the server writes to."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from opentelemetry.metrics import Observation


class Volumes:
    """The watched folders, by what is written there. The names are the kit's own, so their number is bounded."""

    def __init__(self) -> None:
        self._folders: dict[str, Path] = {}

    def watch(self, name: str, folder: Path) -> None:
        """Report the space of the volume with this folder."""
        self._folders[name] = folder

    def forget(self, name: str) -> None:
        self._folders.pop(name, None)

    def sizes(self) -> Iterable[Observation]:
        """Bytes of each volume."""
        for name, status in self._statuses():
            yield Observation(status.f_blocks * status.f_frsize, {"volume": name})

    def free(self) -> Iterable[Observation]:
        """Bytes of each volume that are left for this user."""
        for name, status in self._statuses():
            yield Observation(status.f_bavail * status.f_frsize, {"volume": name})

    def _statuses(self) -> Iterable[tuple[str, os.statvfs_result]]:
        for name, folder in list(self._folders.items()):
            try:
                yield name, os.statvfs(folder)
            except OSError:  # gone: no series
                continue


volumes: Final = Volumes()
"""The volumes of this process."""
