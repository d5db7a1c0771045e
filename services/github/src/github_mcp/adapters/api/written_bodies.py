"""New bodies of issues and pull requests, which keep what clients do not see of the present ones."""

from collections.abc import Mapping, Sequence

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.models.effect_marks import split_mark, with_mark, without_mark
from github_mcp.models.identifiers import RepositoryName
from servicekit.schema import TextEdit, apply_edits, with_endings_of


async def new_body(
    api: GitHubApi,
    repository: RepositoryName,
    request: Request,
    text: str | None,
    edits: Sequence[TextEdit] | None,
) -> str:
    """The body to write, with the line endings and the effect id of the present one.

    Args:
        request: reads the issue or pull request; its `what` names it in refusals.

    Raises:
        Refused: an edit does not apply.
    """
    data = (await api.read(repository, request)).json()
    body = data.get("body") if isinstance(data, Mapping) else None
    present, mark = split_mark(body if isinstance(body, str) else "")
    if edits is not None:
        return with_mark(apply_edits(present, edits, f"the body of {request.what}"), mark)
    return with_mark(with_endings_of(present, without_mark(text or "")), mark)
