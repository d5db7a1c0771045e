"""Creating and forking repositories at GitHub."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from github_mcp.adapters.api.access import is_granted, require_new
from github_mcp.adapters.api.client import GitHubApi, Request, parsed, written
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.owners import is_organization, own_login
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.setup import CreatedRepository, ForkedRepository
from github_mcp.ports.repository_setup import NewFork, NewRepository
from servicekit.core import Refused, Unavailable

_RECENT: Final = timedelta(days=1)
"""As long as an idempotency key is kept."""
_COPYING: Final = (
    "GitHub is still copying the fork. Its branches appear within minutes: list_branches shows when. Until then reads "
    "say that it has no commit."
)


class NewRepositories:
    """Creates repositories and forks."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def create(self, repository: RepositoryName, wanted: NewRepository) -> CreatedRepository:
        """Create a repository of the server's own account or of an organisation."""
        require_new(repository)
        path = await self._path(repository.owner, "owner")
        content = {
            "name": repository.repo,
            "private": wanted.private,
            "description": wanted.description or "",
            "auto_init": wanted.auto_init,
        }
        try:
            data = await self._api.create(repository, path, f"a new repository {repository.full}", content)
        except RefusedByGitHub as refused:
            if refused.status == 422 and await self._exists(repository):
                raise Refused(f"Repository {repository.full} exists already. Nothing was created.") from None
            raise
        return await self._begun(written(CreatedRepository, data))

    async def find_created(self, repository: RepositoryName, wanted: NewRepository) -> CreatedRepository | None:
        """The repository, if it was made within a day as it was wanted."""
        data = await self._present(repository)
        if data is None or not _is_recent(data):
            return None
        same = (bool(data.get("private")), data.get("description") or "") == (
            wanted.private,
            wanted.description or "",
        )
        return await self._begun(parsed(CreatedRepository, data)) if same else None

    async def fork(self, source: RepositoryName, wanted: NewFork) -> ForkedRepository:
        """Fork a repository. GitHub answers before the copy is complete, and with the present fork if there is one."""
        facts = await self._api.access.facts(source)
        own = await own_login(self._api)
        target = _target(source, wanted, own)
        require_new(target)
        content: dict[str, Any] = {"default_branch_only": wanted.default_branch_only}
        if wanted.repo is not None:
            content["name"] = wanted.repo
        if (await self._path(target.owner, "to_owner"))[0] == "orgs":
            content["organization"] = target.owner
        request = Request(("forks",), f"a fork of {source.full} as {target.full}")
        data = await self._api.write(source, "POST", request, content)
        made = written(ForkedRepository, data)
        if not is_granted(made.full_name):
            raise Refused(
                f"{target.owner} has a fork of {source.full} already, under a name outside your grants. See "
                "github_whoami for them."
            )
        branch = facts.default_branch
        made = made.model_copy(update={"source": made.source or source.full, "default_branch": branch})
        return await self._readiness(made)

    async def find_fork(self, source: RepositoryName, wanted: NewFork) -> ForkedRepository | None:
        """The fork that was wanted, if it exists."""
        data = await self._present(_target(source, wanted, await own_login(self._api)))
        parent = data.get("parent") if data is not None else None
        if not isinstance(parent, Mapping) or str(parent.get("full_name")).lower() != source.full.lower():
            return None
        return await self._readiness(parsed(ForkedRepository, data))

    async def _path(self, owner: str, argument: str) -> tuple[str, ...]:
        """The path that creates a repository of this owner.

        Raises:
            Refused: the owner is unknown, or another user.
        """
        own = await own_login(self._api)
        if own is not None and own.lower() == owner.lower():
            return ("user", "repos")
        try:
            if await is_organization(self._api, owner):
                return ("orgs", owner, "repos")
        except RefusedByGitHub as refused:
            if refused.status != 404:
                raise
            raise await self._names.no_account(argument, owner) from None
        account = f"the account {own}" if own is not None else "an App"
        raise Refused(
            f"{owner} is another user. Nothing was created. This server acts as {account}: it creates repositories in "
            "its own account and in organisations."
        )

    async def _exists(self, repository: RepositoryName) -> bool:
        return await self._present(repository) is not None

    async def _present(self, repository: RepositoryName) -> Mapping[str, Any] | None:
        self._api.access.forget(repository)
        try:
            await self._api.access.facts(repository)
        except Refused:
            return None
        return await self._look(repository)

    async def _begun(self, made: CreatedRepository) -> CreatedRepository:
        """With its first commit, or how to make it."""
        head = await self._head(made)
        notice = None
        if head is None:
            notice = (
                f"It is empty. Make the first commit with commit_files on {made.default_branch}, without expected_head."
            )
        return made.model_copy(update={"head_sha": head, "notice": notice})

    async def _readiness(self, made: ForkedRepository) -> ForkedRepository:
        head = await self._head(made)
        notice = _COPYING if head is None else None
        return made.model_copy(update={"head_sha": head, "ready": head is not None, "notice": notice})

    async def _head(self, made: CreatedRepository) -> str | None:
        """The head of the default branch; None if it has none, or it cannot be had: the repository was made."""
        repository = RepositoryName(*made.full_name.partition("/")[::2])
        try:
            ref = await self._look(repository, "git", "ref", "heads", *made.default_branch.split("/"))
        except (Refused, Unavailable):
            return None
        found = ref.get("object") if ref is not None else None
        sha = found.get("sha") if isinstance(found, Mapping) else None
        return sha if isinstance(sha, str) else None

    async def _look(self, repository: RepositoryName, *path: str) -> Mapping[str, Any] | None:
        """Facts of a repository within the grants. Nothing of its content is shown, so that no reading is noted."""
        request = Request((), f"repository {repository.full}")
        data = (await self._api.read_global(("repos", repository.owner, repository.repo, *path), request)).json()
        return data if isinstance(data, Mapping) else None


def _target(source: RepositoryName, wanted: NewFork, own: str | None) -> RepositoryName:
    owner = wanted.owner or own
    if owner is None:
        raise Refused(
            "This server acts as an App, which has no repositories. Name the owner of the fork in `to_owner`."
        )
    return RepositoryName(owner, wanted.repo or source.repo)


def _is_recent(data: Mapping[str, Any]) -> bool:
    try:
        made = datetime.fromisoformat(str(data.get("created_at")))
    except ValueError:
        return False
    return made.tzinfo is not None and datetime.now(UTC) - made < _RECENT
