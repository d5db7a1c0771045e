"""Refs that may be in a fork: ``main``, ``octocat:main``, or ``octocat/hello-world:main``."""

from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from github_mcp.models.identifiers import LONGEST, OWNER, REPO, plain_ref
from servicekit.schema import Identifier


class ForkRef(NamedTuple):
    """A ref, and where it is: without an owner in the repository itself, without a repository in the owner's fork."""

    owner: str | None
    repo: str | None
    ref: str


def fork_ref(text: str) -> ForkRef:
    """The parts of a `Side`."""
    where, _, ref = text.rpartition(":")
    owner, _, repo = where.partition("/")
    return ForkRef(owner or None, repo or None, ref)


def _plain_side(text: str) -> str:
    where, colon, ref = text.rpartition(":")
    owner, slash, repo = where.partition("/")
    if colon and not (OWNER.matches(owner) and (REPO.matches(repo) or not slash)):
        raise ValueError("must name a fork as owner:branch or owner/repo:branch, for example octocat:main")
    return f"{where}{colon}{plain_ref(ref)}" if ref else plain_ref(text)


HeadBranch = Annotated[
    str,
    Identifier(
        "a branch such as main, or octocat:main for one of a fork", "main", found_by="list_branches", max_length=LONGEST
    ),
    Field(description="Branch with the changes; owner:branch for a fork's."),
    AfterValidator(_plain_side),
]
Side = Annotated[
    str,
    Identifier(
        "a branch, tag or SHA such as main, or octocat:main for one of a fork",
        "main",
        found_by="list_branches",
        max_length=LONGEST,
    ),
    AfterValidator(_plain_side),
]
