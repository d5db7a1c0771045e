"""Removes old files of an audit trail, by age and by the size of all files, and records what was removed."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.cuts import Cut, signed_cut
from servicekit.audit.file_set import FileSet, last_entry
from servicekit.audit.hash_chain import entry_hash, entry_of
from servicekit.audit.trail import TrailEntry

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of a trail.

    Attributes:
        days: entries are removed when they are older; None keeps them.
        max_total: bytes of all files together; None does not limit them.
    """

    days: int | None = None
    max_total: int | None = None

    def before(self, now: datetime) -> datetime | None:
        """Entries before this time have expired."""
        return now - timedelta(days=self.days) if self.days is not None else None

    def max_older(self, max_bytes: int) -> int | None:
        """Bytes that the older files may have together, beside one of `max_bytes` that is written to."""
        return max(0, self.max_total - max_bytes) if self.max_total is not None else None


def prune(
    files: FileSet, before: datetime | None, max_older: int | None, keys: AnchorKeys | None, now: datetime
) -> Cut | None:
    """Delete the oldest files that are not kept. The file that is written to always stays.

    Args:
        before: delete files whose last entry is from before this time.
        max_older: bytes that the older files may have together.
        keys: sign the cut; without them it is recorded unsigned.

    Returns:
        The recorded cut. None if nothing was deleted, also while another process reads or deletes files.
    """
    with files.removing() as may_remove:
        if not may_remove:
            return None
        removed = list(_expired(files.older(), before, max_older))
        while removed and removed[-1][1] is None:  # what has no readable entry goes with the next file
            removed.pop()
        if not removed or (last := removed[-1][1]) is None:
            return None
        cut = signed_cut(keys, last.chain, last.number, last.own, now)
        files.add_cut(cut)
        for path, _ in removed:
            path.unlink()
        return cut


def _expired(
    older: list[Path], before: datetime | None, max_older: int | None
) -> Iterator[tuple[Path, TrailEntry | None]]:
    """The oldest files that are not kept, each with its last entry.

    A file whose last entry was changed stays, with those after it: an earlier date in it would have it deleted, and the
    signed cut would pass for retention.
    """
    total = sum(path.stat().st_size for path in older)
    for path in older:
        with path.open("rb") as file:
            last = last_entry(file)
        if last is not None and entry_hash(last.previous, last.chain, last.number, last.text) != last.own:
            _logger.warning("changed audit file kept", extra={"path": path.name})
            return
        entry = entry_of(last.text) if last is not None else None
        too_old = before is not None and entry is not None and entry.at < before
        if not too_old and (max_older is None or total <= max_older):
            return
        yield path, last
        total -= path.stat().st_size
