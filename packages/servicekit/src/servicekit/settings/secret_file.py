"""A secret in a file, such as a mounted password, read again when the file changed."""

from pathlib import Path
from typing import Final

Stamp = tuple[int, int, int]


class SecretFile:
    """The content of a file. Where it cannot be read any more, the last content counts.

    Args:
        path: the file; a symbolic link that is replaced, as Kubernetes does, counts as a change.
        content: what was read at start-up.
    """

    def __init__(self, path: Path, content: str) -> None:
        self.path: Final = path
        self._content = content
        self._stamp: Stamp | None = None

    def read(self) -> str:
        """The current content, without white space around it. Costs one `stat` while the file is unchanged."""
        try:
            stamp = stamp_of(self.path)
            if stamp != self._stamp:
                content = self.path.read_text(encoding="utf-8-sig").strip()
                self._content, self._stamp = content or self._content, stamp
        except (OSError, UnicodeDecodeError):  # being replaced
            pass
        return self._content


def stamp_of(path: Path) -> Stamp:
    """What changes when a file does: its inode, size and time of change."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
