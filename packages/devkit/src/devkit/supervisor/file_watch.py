"""Which Python files were saved."""

from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

from watchfiles import PythonFilter, awatch

DEBOUNCE = 200
"""Milliseconds in which saves count as one: editors and `git checkout` write many files at once."""


async def saved_files(folders: Collection[Path], warn: Callable[[str], None]) -> AsyncIterator[set[Path]]:
    """The `.py` files below `folders` that changed, in batches, until cancelled.

    Where the system cannot watch (its limit of watches is reached), warns and ends.
    """
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        return
    try:
        async for changes in awatch(*there, watch_filter=PythonFilter(), debounce=DEBOUNCE, step=50):
            yield {Path(name) for _change, name in changes}
    except OSError as problem:
        warn(f"Hot reload is off: this system cannot watch more files ({problem}). Restart the stack after a change.")
