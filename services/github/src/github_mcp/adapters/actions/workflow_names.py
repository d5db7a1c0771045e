"""Finds a workflow by its file, id or name."""

from github_mcp.adapters.api.client import GitHubApi, Request, parsed
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.api.numbered_lists import whole_list
from github_mcp.models.actions.workflow_runs import Workflow
from github_mcp.models.identifiers import RepositoryName
from servicekit.schema import unknown_value

_FOUND_BY = "list_workflows lists them."


async def find_workflow(api: GitHubApi, repository: RepositoryName, name: str) -> Workflow:
    """The workflow. GitHub knows it by file name and id; by the name in its file it is found in the list.

    Raises:
        Refused: there is none, with the nearest.
    """
    what = f"workflow {name} in {repository.full}"
    try:
        return parsed(Workflow, (await api.read(repository, Request(("actions", "workflows", name), what))).json())
    except RefusedByGitHub as refused:
        if refused.status != 404:
            raise
    found = await whole_list(api, Workflow, repository, Request(("actions", "workflows"), what), "workflows")
    wanted = name.casefold()
    named = [one for one in found if wanted in (one.file.casefold(), (one.name or "").casefold())]
    if len(named) == 1:
        return named[0]
    files = {one.file: one.name or "" for one in (named or found)}
    raise unknown_value("workflow", "workflow" if not named else "single workflow", name, files, _FOUND_BY)
