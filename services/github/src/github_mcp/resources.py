"""Resources that a client can attach to a conversation: whole files, diffs and logs."""

from typing import Annotated, Final

from pydantic import Field

from github_mcp.models.actions import NoLog
from github_mcp.models.contents import text_of
from github_mcp.models.identifiers import FilePath, NumberText, Owner, Ref, Repo, RepositoryName
from github_mcp.ports import Actions, Pulls, Repositories
from servicekit.core import Refused
from servicekit.schema import Untrusted

JobIdText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,15}$", description="Id of the job.")]
_CODE: Final = Untrusted("repository", verbatim=True)


class GithubResources:
    """One method is one resource template."""

    def __init__(self, repositories: Repositories, pulls: Pulls, actions: Actions) -> None:
        self._repositories = repositories
        self._pulls = pulls
        self._actions = actions

    async def file(self, owner: Owner, repo: Repo, ref: Ref, path: FilePath) -> str | bytes:
        """A whole file at a branch, tag or commit. Write a slash in a branch name as %2F."""
        found = await self._repositories.contents(RepositoryName(owner, repo), path, ref)
        if found.content is None:
            raise Refused(f"{path} is not a file. List a directory with get_file_contents.")
        text = text_of(found.content)
        return found.content if text is None else _CODE.fence(text)

    async def diff(self, owner: Owner, repo: Repo, number: NumberText) -> str:
        """The whole diff of a pull request."""
        return _CODE.fence(await self._pulls.diff(RepositoryName(owner, repo), int(number)))

    async def log(self, owner: Owner, repo: Repo, job_id: JobIdText) -> str:
        """The log of a job. Of a very long log, only the end is available."""
        log = await self._actions.log(RepositoryName(owner, repo), int(job_id))
        if isinstance(log, NoLog):
            raise Refused(log.reason)
        cut = f"[cut: the first {log.left_out} lines are omitted]\n" if log.left_out else ""
        return cut + _CODE.fence(log.text)
