"""A pull request together with what its reviewers said."""

from collections.abc import Iterable, Sequence
from typing import Final

from github_mcp.models.pulls.pulls import PullRequest
from github_mcp.models.pulls.reviews import Review, ReviewedPull, Thread
from github_mcp.ports.reviews import Discussion

_REVIEWS: Final = 30
_THREADS: Final = 30
"""Reviews and threads that are shown with a pull request."""
_OPINIONS: Final = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
_ALL: Final = "list_review_threads (toolset reviews) shows all."


def reviewed(pull: PullRequest, found: Discussion) -> ReviewedPull:
    """The pull request with its latest reviews and its open threads. What is missing stays None."""
    missing = {one.part for one in found.missing}
    opinions = latest_opinions(found.reviews)
    threads = [one for one in found.threads if one.is_resolved is not True]
    know_reviews, know_threads = "reviews" not in missing, "threads" not in missing
    notices = [
        _cut(len(found.reviews), _REVIEWS, "latest", "reviews"),
        _cut(len(threads), _THREADS, "first", "open threads", _ALL),
        _resolved(len(found.threads) - len(threads)),
        f"GitHub has more threads than the {len(found.threads)} that were read." if found.more_threads else None,
    ]
    more = {
        "review_decision": found.decision,
        "approved_by": _who(opinions, "APPROVED") if know_reviews else None,
        "changes_requested_by": _who(opinions, "CHANGES_REQUESTED") if know_reviews else None,
        "reviews": tuple(found.reviews[-_REVIEWS:]) if know_reviews else None,
        "threads": tuple(threads[:_THREADS]) if know_threads else None,
        "notice": " ".join(filter(None, notices)) or None,
        "missing": found.missing or None,
    }
    return ReviewedPull.model_construct(**{**dict(pull), **more})


def latest_opinions(reviews: Iterable[Review]) -> dict[str, str]:
    """The latest opinion of each reviewer, by login. A comment is no opinion; a dismissed review no longer counts."""
    found: dict[str, str] = {}
    for one in reviews:
        if one.author is not None and one.state in _OPINIONS:
            found[one.author] = one.state
    return found


def chosen(threads: Sequence[Thread], state: str) -> list[Thread]:
    """The threads of a state: open, resolved or all. Where it is unknown which are resolved, all count as open."""
    if state == "all":
        return list(threads)
    return [one for one in threads if (one.is_resolved is True) == (state == "resolved")]


def _who(opinions: dict[str, str], state: str) -> tuple[str, ...]:
    return tuple(login for login, opinion in opinions.items() if opinion == state)


def _cut(total: int, most: int, which: str, what: str, next_step: str = "") -> str | None:
    return f"Cut: the {which} {most} of {total} {what} are shown. {next_step}".rstrip() if total > most else None


def _resolved(count: int) -> str | None:
    if not count:
        return None
    return f"{count} resolved thread{'s are' if count > 1 else ' is'} not shown. {_ALL}"
