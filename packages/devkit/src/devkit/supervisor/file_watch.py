"""Watches Python files for changes."""

from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

from watchfiles import PythonFilter, awatch

DEBOUNCE = 200
"""Milliseconds in which changes count as one: editors and `git checkout` write many files at once."""


async def saved_files(folders: Collection[Path], warn: Callable[[str], None]) -> AsyncIterator[set[Path]]:
    """Yields batches of changed `.py` files below `folders` until cancelled.

    Warns and ends when the system's limit of file watches is reached.
    """
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        return
    try:
        async for changes in awatch(*there, watch_filter=PythonFilter(), debounce=DEBOUNCE, step=50):
            yield {Path(name) for _change, name in changes}
    except OSError as problem:
        warn(f"Hot reload is off: the system cannot watch more files ({problem}). Restart the stack after a change.")
