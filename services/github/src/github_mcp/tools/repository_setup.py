"""Tools that create and fork repositories, and delete branches."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from github_mcp.models.identifiers import OWNER, REPO, SHA, Branch, Owner, Repo, RepositoryName, in_repository
from github_mcp.models.repositories.setup import (
    BranchState,
    CreatedRepository,
    DeletedBranch,
    DeletionPreview,
    ForkedRepository,
)
from github_mcp.ports.repository_setup import NewFork, NewRepository, RepositorySetup
from github_mcp.tools.disclosure import Disclosure, warning
from servicekit.core import Refused
from servicekit.schema import FreeText, Splits, show_line

NewOwner = Annotated[Owner, Field(description="This server's account (get_me) or an organisation.")]
_NEW_NAME = replace(REPO, found_by=None)
NewRepo = Annotated[str, _NEW_NAME, Splits("repo", in_repository), Field(description="Name of the new repository.")]
Private = Annotated[bool, Field(description="Visible only to those with access; false for everybody.")]
Description = Annotated[str, FreeText(350, "What it is for, in one line.", name=True)]
AutoInit = Annotated[bool, Field(description="Begin with a README. Leave it out to commit files of your own.")]
ToOwner = Annotated[str, OWNER, Field(description="Organisation of the fork; this server's account if omitted.")]
ToRepo = Annotated[str, _NEW_NAME, Field(description="Name of the fork; that of its source if omitted.")]
OnlyDefault = Annotated[bool, Field(description="Copy the default branch only.")]
HeadSha = Annotated[
    str, replace(SHA, found_by="list_branches"), Field(description="SHA of the branch's head, from list_branches.")
]


class RepositorySetupTools:
    def __init__(self, setup: RepositorySetup, disclosure: Disclosure) -> None:
        self._setup = setup
        self._disclosure = disclosure

    async def create_repository(
        self,
        owner: NewOwner,
        repo: NewRepo,
        private: Private = True,
        description: Description | None = None,
        auto_init: AutoInit = False,
    ) -> CreatedRepository:
        """Create (start, set up) a new repository (repo, project), private unless private=false. It is empty:
        commit_files without expected_head adds all first files in one commit."""
        wanted = NewRepository(private, description, auto_init)
        return await self._setup.create(RepositoryName(owner, repo), wanted)

    async def find_repository(
        self,
        owner: NewOwner,
        repo: NewRepo,
        private: Private = True,
        description: Description | None = None,
        **_: object,
    ) -> CreatedRepository | None:
        """The repository that an earlier attempt created."""
        return await self._setup.find_created(RepositoryName(owner, repo), NewRepository(private, description))

    async def fork_repository(
        self,
        owner: Owner,
        repo: Repo,
        to_owner: ToOwner | None = None,
        to_repo: ToRepo | None = None,
        default_branch_only: OnlyDefault = False,
    ) -> ForkedRepository:
        """Fork a repository: copy it to this server's account or an organisation, to change it there and open a pull
        request from there (create_pull_request with head owner:branch). GitHub copies in the background."""
        return await self._setup.fork(RepositoryName(owner, repo), NewFork(to_owner, to_repo, default_branch_only))

    async def find_fork(
        self, owner: Owner, repo: Repo, to_owner: ToOwner | None = None, to_repo: ToRepo | None = None, **_: object
    ) -> ForkedRepository | None:
        """The fork that an earlier attempt made."""
        return await self._setup.find_fork(RepositoryName(owner, repo), NewFork(to_owner, to_repo))

    async def delete_branch(self, owner: Owner, repo: Repo, branch: Branch, head_sha: HeadSha) -> DeletedBranch:
        """Delete (remove, clean up) a branch, for example after its pull request was merged. A person confirms."""
        repository = RepositoryName(owner, repo)
        _deletable(await self._setup.branch(repository, branch), branch, head_sha)
        await self._setup.delete_branch(repository, branch)
        return DeletedBranch(branch=branch, sha=head_sha)

    async def preview_deletion(self, owner: Owner, repo: Repo, branch: Branch, head_sha: HeadSha) -> DeletionPreview:
        repository = RepositoryName(owner, repo)
        state = await self._setup.branch(repository, branch)
        _deletable(state, branch, head_sha)
        words = warning(await self._disclosure.readings(repository), repository)
        before = f"{words} " if words else ""
        return DeletionPreview(
            effect=f"{before}Deletes branch {show_line(branch)} of {repository.full}, which is at {head_sha[:12]}. "
            f"{_of_commits(state)}{_of_pulls(state)}",
            version=1,
            repository=repository.full,
            branch=branch,
            head_sha=head_sha,
            unmerged_commits=state.unmerged,
            closed_pull_requests=sorted({*state.pulls_from, *state.pulls_into}),
        )

    async def find_deletion(
        self, owner: Owner, repo: Repo, branch: Branch, head_sha: HeadSha, **_: object
    ) -> DeletedBranch | None:
        """The deletion by an earlier attempt: the branch is gone."""
        head = await self._setup.head_of(RepositoryName(owner, repo), branch)
        return DeletedBranch(branch=branch, sha=head_sha) if head is None else None


def _deletable(state: BranchState, branch: str, head_sha: str) -> None:
    """Refuse what GitHub would refuse, or what was not meant.

    Raises:
        Refused: the default branch, a protected branch, or its head is not `head_sha`.
    """
    if state.prevented_by is not None:
        raise Refused(f"Branch {branch} cannot be deleted: {state.prevented_by}. Nothing was changed.")
    if state.sha != head_sha:
        raise Refused(
            f"Branch {branch} has moved: it is at {state.sha} now. Nothing was changed. Review its new commits, then "
            "call again with that head_sha."
        )


def _of_commits(state: BranchState) -> str:
    default = show_line(state.default_branch)
    if state.unmerged is None:
        return f"Whether {default} has all of its commits is unknown."
    if state.unmerged == 0:
        return f"{default} has all of its commits."
    return f"{default} lacks {state.unmerged} of its commits." if state.unmerged > 1 else f"{default} lacks 1 commit."


def _of_pulls(state: BranchState) -> str:
    parts = [
        f"{', '.join(f'#{number}' for number in numbers)} {side} it"
        for numbers, side in ((state.pulls_from, "from"), (state.pulls_into, "into"))
        if numbers
    ]
    return f" GitHub closes its open pull requests: {' and '.join(parts)}." if parts else " No pull request is open."
