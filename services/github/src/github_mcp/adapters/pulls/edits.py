"""Changes of pull requests at GitHub."""

from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, written
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.written_bodies import new_body
from github_mcp.models.changes import BranchUpdate, WrittenPull
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.pulls import PullRequest
from github_mcp.ports.pulls import PullChange
from servicekit.core import Refused, Unavailable
from servicekit.schema import Missing

_DRAFT: Final = {
    True: ("convertPullRequestToDraft", "turning it into a draft"),
    False: ("markPullRequestReadyForReview", "marking it as ready for review"),
}
_CHANGE: Final = "mutation($id: ID!) {{ {field}(input: {{pullRequestId: $id}}) {{ pullRequest {{ isDraft }} }} }}"


class GitHubPullEdits:
    """Implements `PullEdits`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def change(self, repository: RepositoryName, number: int, change: PullChange) -> WrittenPull:
        """Change the given fields. Idempotent. REST changes all but the draft state, which comes last."""
        data = await self._patched(repository, number, change)
        if change.draft is None:
            return written(WrittenPull, data)
        if data is None:
            data = (await self._api.read(repository, _request(repository, number))).json()
            return written(WrittenPull, await self._drafted(repository, number, data, draft=change.draft))
        try:
            return written(WrittenPull, await self._drafted(repository, number, data, draft=change.draft))
        except (Refused, Unavailable) as failure:
            missing = [Missing(part=_DRAFT[change.draft][1], reason=f"{failure} The other changes were made.")]
            return written(WrittenPull, data).model_copy(update={"missing": missing})

    async def _patched(self, repository: RepositoryName, number: int, change: PullChange) -> Any:
        """The pull request after a change of what REST can change; None if nothing of it is to change."""
        given = {"title": change.title, "base": change.base, "state": change.state}
        content = {name: value for name, value in given.items() if value is not None}
        request = _request(repository, number)
        if change.body is not None or change.edits is not None:
            content["body"] = await new_body(self._api, repository, request, change.body, change.edits)
        if not content:
            return None
        try:
            return await self._api.write(repository, "PATCH", request, content, idempotent=True)
        except RefusedByGitHub as refused:
            if refused.status == 422 and change.base is not None:
                await self._names.require_branch(repository, change.base, "base")
            raise

    async def _drafted(self, repository: RepositoryName, number: int, data: Any, *, draft: bool) -> Mapping[str, Any]:
        """The pull request with its new draft state, which is changed only if it differs."""
        if not isinstance(data, Mapping):
            raise UnexpectedResponse
        if data.get("draft") is draft:
            return data
        identifier = data.get("node_id")
        if not isinstance(identifier, str):
            raise UnexpectedResponse
        field, words = _DRAFT[draft]
        document, what = _CHANGE.format(field=field), f"{words}, pull request #{number} in {repository.full}"
        answer = await self._api.graphql(repository, what, document, {"id": identifier}, write=True)
        return {**data, "draft": answer.find(field, "pullRequest", "isDraft")}

    async def update_branch(self, repository: RepositoryName, number: int, head: str) -> BranchUpdate:
        """Merge the base branch into the head branch, if its head is still `head`."""
        path = ("pulls", number, "update-branch")
        request = Request(path, f"pull request #{number} in {repository.full}")
        try:
            await self._api.write(repository, "PUT", request, {"expected_head_sha": head})
        except RefusedByGitHub as refused:
            if refused.status != 422:
                raise
            pull = parsed(PullRequest, (await self._api.read(repository, _request(repository, number))).json())
            if pull.head_sha == head:
                raise
            raise Refused(
                f"Pull request #{number} has changed: its head is now {pull.head_sha}. Nothing was written. Review the "
                "new commits, then call again with that head_sha."
            ) from None
        return BranchUpdate(number=number, former_head_sha=head, notice=UPDATING)

    async def find_branch_update(self, repository: RepositoryName, number: int, head: str) -> BranchUpdate | None:
        """The update of `head` by an earlier attempt: the head is now a merge of it."""
        pull = parsed(PullRequest, (await self._api.read(repository, _request(repository, number))).json())
        if pull.head_sha == head:
            return None
        what = f"commit {pull.head_sha} in {repository.full}"
        commit = (await self._api.read(repository, Request(("commits", pull.head_sha), what))).json()
        parents = commit.get("parents") if isinstance(commit, Mapping) else None
        shas = [one.get("sha") for one in parents or () if isinstance(one, Mapping)]
        if len(shas) < 2 or head not in shas:
            return None
        return BranchUpdate(number=number, former_head_sha=head, head_sha=pull.head_sha)


UPDATING: Final = "GitHub is merging the base branch. get_pull_request shows the new head_sha within seconds."


def _request(repository: RepositoryName, number: int) -> Request:
    return Request(("pulls", number), f"pull request #{number} in {repository.full}", current=True)
