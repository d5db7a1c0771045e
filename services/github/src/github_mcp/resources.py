"""Resources that a client can attach to a conversation: whole files, diffs and logs."""

from github_mcp.models.actions import Job, NoLog
from github_mcp.models.contents import text_of
from github_mcp.models.identifiers import FilePath, JobId, Number, Owner, Ref, Repo, RepositoryName
from github_mcp.models.wire import Code
from github_mcp.ports.actions import Actions
from github_mcp.ports.pulls import Pulls
from github_mcp.ports.repositories import Repositories
from servicekit.core import Refused, off_loop


class GithubResources:
    """One method is one resource template."""

    def __init__(self, repositories: Repositories, pulls: Pulls, actions: Actions) -> None:
        self._repositories = repositories
        self._pulls = pulls
        self._actions = actions

    async def file(self, owner: Owner, repo: Repo, ref: Ref, path: FilePath) -> Code | bytes:
        """A whole file at a branch, tag or commit. Write a slash in a branch name as %2F."""
        found = await self._repositories.contents(RepositoryName(owner, repo), path, ref)
        if found.content is None:
            raise Refused(f"{path} is not a file. List a directory with get_file_contents.")
        text = await off_loop(len(found.content), text_of, found.content)
        return found.content if text is None else text

    async def diff(self, owner: Owner, repo: Repo, number: Number) -> Code:
        """The whole diff of a pull request."""
        return await self._pulls.diff(RepositoryName(owner, repo), number)

    async def log(self, owner: Owner, repo: Repo, job_id: JobId) -> Code:
        """The log of a job. Of a very long log, only the end is available."""
        log = await self._actions.log(RepositoryName(owner, repo), Job(id=job_id))
        if isinstance(log, NoLog):
            raise Refused(log.reason)
        cut = f"[cut: the first {log.left_out} lines are omitted]\n" if log.left_out else ""
        return cut + log.text
