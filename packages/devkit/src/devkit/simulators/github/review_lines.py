"""Where comments of reviews stand in a diff, and which of them are outdated."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from devkit.simulators.github.git_store import GitStore
from devkit.simulators.github.pull_branches import changes_of
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import Side, Thread

_HEAD = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True)
class Place:
    """A line of a patch.

    Attributes:
        number: which of the patch's hunks shows it, from 0.
        hunk: the hunk up to the line.
        position: lines of the patch from its first hunk's head to the line.
    """

    number: int
    hunk: str
    position: int


def place_of(patch: str, line: int, side: Side) -> Place | None:
    """The place of a line of the old (LEFT) or new (RIGHT) file; None if the patch does not show it."""
    old = new = 0
    number, begin = -1, 0
    lines = patch[max(patch.find("@@"), 0) :].split("\n")
    for position, text in enumerate(lines):
        if (match := _HEAD.match(text)) is not None:
            old, new, number, begin = int(match[1]), int(match[2]), number + 1, position
            continue
        if number < 0 or text[:1] not in ("+", "-", " ") or not text:
            continue
        shown = (side == "LEFT" and text[0] != "+" and old == line) or (
            side == "RIGHT" and text[0] != "-" and new == line
        )
        if shown:
            return Place(number, "\n".join(lines[begin : position + 1]), position)
        old += text[0] != "+"
        new += text[0] != "-"
    return None


def current_line(repository: Repository, pull: Pull, thread: Thread) -> int | None:
    """The line of a thread in the present diff; None if the thread is outdated."""
    line: int | None = thread.line
    if thread.side == "RIGHT" and pull.head_sha != thread.commit:
        line = _moved(repository.git, thread, pull.head_sha)
    patches = {change.path: change.patch for change in changes_of(repository, pull)}
    if line is None or place_of(patches.get(thread.path, ""), line, thread.side) is None:
        return None
    return line


def _moved(git: GitStore, thread: Thread, head: str) -> int | None:
    """The place of an unchanged line in a later commit; None if it was changed."""
    before, after = (_lines(git, commit, thread.path) for commit in (thread.commit, head))
    for old, new, size in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        if old <= thread.line - 1 < old + size:
            return thread.line - old + new
    return None


def _lines(git: GitStore, commit: str, path: str) -> list[bytes]:
    entry = git.entry(commit, path)
    return git.blob(entry.sha).split(b"\n") if entry is not None and entry.kind == "blob" else []
