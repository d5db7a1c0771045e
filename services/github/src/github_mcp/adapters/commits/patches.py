"""Patches of changed files, cut so that those of one result fit it."""

from collections.abc import Sequence
from typing import Final

from github_mcp.models.commits.commits import ChangedFile
from servicekit.core import off_loop

_EACH: Final = 40 * 1024
_TOGETHER: Final = 80 * 1024
"""Bytes of a patch, and of all patches of one result."""
_NEXT_STEP: Final = "; give its path for more"


async def shortened(files: Sequence[ChangedFile], most: int | None = None) -> list[ChangedFile]:
    """The files with long patches cut, the more files the shorter.

    Args:
        most: the files of one result; by default these.
    """
    count = len(files) if most is None else most
    budget = min(_EACH, _TOGETHER // max(count, 1))
    return [await off_loop(len(one.patch or ""), one.shortened, budget, _NEXT_STEP) for one in files]
