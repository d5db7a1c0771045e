"""Resources that a client can attach to a conversation: whole files, diffs and logs."""

from github_mcp.models.actions.actions import Job, NoLog
from github_mcp.models.files.contents import WHOLE
from github_mcp.models.files.text_files import text_file
from github_mcp.models.identifiers import FilePath, JobId, Number, Owner, Ref, Repo, RepositoryName
from github_mcp.models.wire import Code
from github_mcp.ports.actions import Actions
from github_mcp.ports.files import Files
from github_mcp.ports.pulls import Pulls
from servicekit.core import Refused, off_loop


class GithubResources:
    """One method is one resource template."""

    def __init__(self, files: Files, pulls: Pulls, actions: Actions) -> None:
        self._files = files
        self._pulls = pulls
        self._actions = actions

    async def file(self, owner: Owner, repo: Repo, ref: Ref, path: FilePath) -> Code | bytes:
        """A whole file at a branch, tag or commit. Write a slash in a branch name as %2F."""
        found = await self._files.contents(RepositoryName(owner, repo), path, ref)
        if found.kind != "file":
            raise Refused(f"{path} is not a file. List a directory with get_file_contents.")
        if found.content is None:
            raise Refused(
                f"{path} has {found.size} bytes, and a resource at most {WHOLE}. Read parts of it with "
                "get_file_contents, by from_line or bytes."
            )
        form = await off_loop(len(found.content), text_file, found.content)
        return found.content if form is None or form.encoding else form.text

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
