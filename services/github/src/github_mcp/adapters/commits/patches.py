"""Patches of changed files, cut so that those of one result fit it."""

from collections.abc import Sequence
from typing import Final

from github_mcp.models.commits.commits import ChangedFile
from github_mcp.models.excerpts import part_from
from servicekit.core import off_loop

_EACH: Final = 4 * 1024
_TOGETHER: Final = 80 * 1024
"""Bytes of all patches of one result."""


async def shortened(files: Sequence[ChangedFile]) -> tuple[ChangedFile, ...]:
    """The files with long patches cut, the more files the shorter."""
    budget = min(_EACH, _TOGETHER // max(len(files), 1)) if len(files) > 1 else _TOGETHER // 2
    return tuple([await off_loop(len(one.patch or ""), _cut, one, budget) for one in files])


def _cut(one: ChangedFile, budget: int) -> ChangedFile:
    if one.patch is None:
        return one
    part = part_from(one.patch, 1, budget)
    if not part.is_cut:
        return one
    words = f"{part.text}[cut after line {part.last} of {part.total}; give its path for more]"
    return one.model_copy(update={"patch": words})
