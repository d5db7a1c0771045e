"""Arguments that name issues, milestones and issue types, and filters by them."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.identifiers import LONGEST, RepositoryName, in_repository, number_in
from servicekit.schema import Identifier


def _assignee(text: str) -> str:
    return text if text == "@me" else text.removeprefix("@")  # a search finds what is assigned to "me"; a list does not


def _issue_elsewhere(text: str) -> str:
    """``acme/app#12`` for an address of an issue; without its repository, the number."""
    found = in_repository(text)
    if found is not None and len(found) == 3:
        return f"{found['owner']}/{found['repo']}#{found['number']}"
    return number_in(text)


IssueRef = Annotated[
    str,
    Identifier(
        "an issue such as 12, or acme/app#12 in another repository",
        "acme/app#12",
        pattern=r"(?:[A-Za-z0-9][A-Za-z0-9_-]{0,38}/\.{0,2}[A-Za-z0-9_][A-Za-z0-9._-]{0,99}#)?[1-9][0-9]{0,9}",
        normalise=_issue_elsewhere,
    ),
    Field(description="Its number; owner/repo#12 elsewhere."),
]
"""An issue of the same repository by its number, or of another one; read it with `issue_at`."""
AssigneeFilter = Annotated[
    str,
    Identifier(
        "a login such as octocat, * for any, or none for unassigned",
        "octocat",
        pattern=r"\*|[A-Za-z0-9][A-Za-z0-9_-]{0,38}(\[bot\])?",
        normalise=_assignee,
    ),
    Field(description="Login; * any, none unassigned."),
]
_MILESTONE = Identifier(
    "the number or title of a milestone, such as Version 1.1",
    "Version 1.1",
    found_by="list_milestones",
    pattern=r"[^\x00-\x1f\x7f]*",
    max_length=LONGEST,
    empty=True,
)
_TYPE = Identifier(
    "the name of an issue type, such as Bug",
    "Bug",
    found_by="list_issue_types",
    pattern=r"[^\x00-\x1f\x7f]*",
    max_length=LONGEST,
    empty=True,
)
Milestone = Annotated[str, _MILESTONE, Field(description="Number or title.")]
MilestoneFilter = Annotated[str, _MILESTONE, Field(description="Number or title; * any, none.")]
IssueTypeName = Annotated[str, _TYPE, Field(description="Such as Bug.")]


def issue_at(text: str, home: RepositoryName) -> tuple[RepositoryName, int]:
    """The repository and number of an `IssueRef`; `home` is the repository of a number alone."""
    name, _, number = text.rpartition("#")
    owner, _, repo = name.partition("/")
    return RepositoryName(owner, repo) if name else home, int(number)
