"""Threads as the REST API shows them: comments of reviews, of which some are replies to others."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from github_mcp.adapters.api.client import parsed
from github_mcp.models.pulls.diff_lines import end_of_hunk
from github_mcp.models.pulls.reviews import Thread, ThreadComment

HUNK_LINES: Final = 4
"""Lines of the diff that are shown with a thread."""
COMMENTS: Final = 30
"""Comments of a thread that are shown."""


def threads_of(comments: Sequence[Any]) -> list[Thread]:
    """The threads of a pull request, by its comments, oldest first. Whether they are resolved is unknown."""
    own = [one for one in comments if isinstance(one, Mapping)]
    by_thread: dict[Any, list[Mapping[str, Any]]] = {}
    for one in own:
        by_thread.setdefault(one.get("in_reply_to_id") or one.get("id"), []).append(one)
    return [_thread(key, group) for key, group in by_thread.items()]


def _thread(key: Any, comments: Sequence[Mapping[str, Any]]) -> Thread:
    first = comments[0]
    found = parsed(Thread, {**first, "id": key, "comment_count": len(comments), "comments": []})
    is_outdated = None
    if first.get("subject_type") != "file" and ("line" in first or "position" in first):
        is_outdated = first.get("line") is None and first.get("position") is None
    return found.model_copy(
        update={
            "comments": tuple(parsed(ThreadComment, one) for one in comments[:COMMENTS]),
            "diff_hunk": end_of_hunk(found.diff_hunk, HUNK_LINES),
            "is_outdated": is_outdated,
        }
    )
