"""Comments of a review on lines of files, checked against the diff before GitHub sees them."""

from collections.abc import Sequence

from github_mcp.models.commits.commits import ChangedFile
from github_mcp.models.pulls.diff_lines import DiffLines, diff_lines, fenced_suggestion, joined
from github_mcp.models.pulls.reviews import InlineComment
from github_mcp.ports.reviews import LineComment
from servicekit.core import Refused
from servicekit.schema import show_line, unknown_value

_NOTHING: str = "Nothing was written."


def line_comments(comments: Sequence[InlineComment], files: Sequence[ChangedFile] | None) -> list[LineComment]:
    """The comments as they are sent.

    Args:
        files: the changed files at the reviewed commit; None leaves the check of lines to GitHub.

    Raises:
        Refused: a comment is empty, or GitHub would refuse its place.
    """
    known = {one.path: one for one in files} if files is not None else None
    patches: dict[str, DiffLines] = {}
    found = []
    for place, one in enumerate(comments):
        name = f"comments.{place}"
        _require_text(one, name)
        start = one.start_line if one.start_line != one.line else None
        if start is not None and start > one.line:
            raise Refused(f"start_line {start} comes after line {one.line} ({name}). Exchange the two. {_NOTHING}")
        if known is not None:
            if one.path not in known:
                former = {path: file.previous_path or "" for path, file in known.items()}
                raise unknown_value(
                    f"{name}.path", "changed file", one.path, former, f"{_NOTHING} Comment on one of them."
                )
            if (patch := known[one.path].patch) is not None:
                lines = patches.setdefault(one.path, diff_lines(patch))
                _require_lines(lines, one, start, name)
            elif (known[one.path].additions, known[one.path].deletions) == (0, 0):
                raise Refused(f"{show_line(one.path)} has no changed lines ({name}.path): use `body`. {_NOTHING}")
        suggestion = None if one.suggestion is None else fenced_suggestion(one.suggestion)
        found.append(LineComment(one.path, one.line, one.side, joined([one.body, suggestion]), start))
    return found


def _require_text(one: InlineComment, name: str) -> None:
    if one.body is None and one.suggestion is None:
        raise Refused(f"The comment has neither body nor suggestion ({name}). Give one of them. {_NOTHING}")
    if one.suggestion is not None and one.side == "LEFT":
        raise Refused(
            f"A suggestion replaces lines of the new file, and side LEFT names removed ones ({name}). Leave out side, "
            f"or say it in body. {_NOTHING}"
        )


def _require_lines(lines: DiffLines, one: InlineComment, start: int | None, name: str) -> None:
    """Check that the diff shows the lines, in one hunk."""
    hunk = lines.hunk(one.line, one.side)
    if hunk is None:
        raise _outside(lines, one, one.line, f"{name}.line")
    if start is None:
        return
    first = lines.hunk(start, one.side)
    if first is None:
        raise _outside(lines, one, start, f"{name}.start_line")
    if first != hunk:
        raise Refused(
            f"Lines {start} and {one.line} of {show_line(one.path)} are in different parts of the diff ({name}). A "
            f"comment covers lines of one part: {lines.nearest(one.line, one.side)}. {_NOTHING}"
        )


def _outside(lines: DiffLines, one: InlineComment, line: int, name: str) -> Refused:
    near = lines.nearest(line, one.side)
    other = "RIGHT" if one.side == "LEFT" else "LEFT"
    if near:
        words = f"The nearest lines that can be commented on: {near} (side {one.side})."
    else:
        words = f"Side {one.side} has no lines; side {other} has {lines.nearest(line, other)}."
    elsewhere = f" Line {line} of side {other} can." if lines.hunk(line, other) is not None else ""
    return Refused(
        f"The diff does not show line {line} of {show_line(one.path)} ({name}). {words}{elsewhere} {_NOTHING}"
    )
