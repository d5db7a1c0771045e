"""New repositories, forks and deleted branches."""

from typing import Annotated

from pydantic import BaseModel, Field

from github_mcp.models.wire import Name, Wire, at
from servicekit.registry import Preview


class CreatedRepository(Wire):
    """A repository that was created."""

    full_name: Name
    private: bool = True
    default_branch: Name = "main"
    url: str | None = at("html_url")
    clone_url: str | None = None
    head_sha: Annotated[str | None, Field(description="SHA of its first commit, for expected_head.")] = None
    notice: str | None = None


class ForkedRepository(CreatedRepository):
    """A fork, which GitHub may still be copying."""

    source: Name | None = at("parent", "full_name")
    ready: Annotated[bool, Field(description="Its branches can be read and written.")] = False


class DeletedBranch(BaseModel):
    """A branch that was deleted."""

    branch: str
    sha: Annotated[str, Field(description="Its last commit: create_branch with from_ref restores it.")]


class BranchState(BaseModel):
    """What matters before a branch is deleted.

    Attributes:
        unmerged: commits that the default branch lacks; None if unknown.
        pulls_from, pulls_into: numbers of the open pull requests from it and into it.
        prevented_by: why GitHub would refuse; None if nothing is known.
    """

    sha: str
    default_branch: str
    unmerged: int | None = None
    pulls_from: tuple[int, ...] = ()
    pulls_into: tuple[int, ...] = ()
    prevented_by: str | None = None


class DeletionPreview(Preview):
    """The effect of deleting a branch."""

    repository: str
    branch: str
    head_sha: str
    unmerged_commits: Annotated[int | None, Field(description="That the default branch lacks; null if unknown.")]
    closed_pull_requests: list[int]
