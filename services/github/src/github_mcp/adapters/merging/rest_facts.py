"""What decides about a merge, from GitHub's REST API: for servers whose GraphQL API does not answer."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.paging import Fetched, everything, fetched
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.merging.branch_rules import METHODS, BranchRules, checks_of, of_protection, of_rulesets
from github_mcp.models.merging.code_owners import PLACES, OwnerRule, owner_rules
from github_mcp.models.merging.facts import ChangedPaths, CheckState, MergeFacts, Opinion
from github_mcp.models.pulls.pulls import PullRequest
from servicekit.core import Refused, Unavailable, off_loop
from servicekit.schema import Missing

_PAGE: Final = 100
_PAGES_OF_PATHS: Final = 5
_PASSED: Final = frozenset({"success", "neutral", "skipped"})
_WRITERS: Final = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_ADMINISTRATORS_ONLY: Final = "GitHub shows the protection of a branch to administrators only"


async def rest_facts(api: GitHubApi, repository: RepositoryName, pull: PullRequest) -> MergeFacts:
    """The facts, read concurrently. A part that cannot be read is missing."""
    parts: dict[str, Awaitable[Any]] = {
        "merge methods of the repository": _repository(api, repository),
        "branch protection": _protection(api, repository, pull.base),
        "rulesets": _rulesets(api, repository, pull.base),
        "reviews": _opinions(api, repository, pull.number),
        "checks": _check_runs(api, repository, pull.head_sha),
        "commit statuses": _statuses(api, repository, pull.head_sha),
        "changed files": first_paths(api, repository, pull.number),
    }
    found: dict[str, Any] = {}
    missing = [Missing(part="review conversations", reason="only GitHub's GraphQL API shows which are resolved")]
    for part, result in zip(parts, await asyncio.gather(*parts.values(), return_exceptions=True), strict=True):
        if isinstance(result, (Refused, Unavailable)):
            missing.append(Missing(part=part, reason=str(result)))
        elif isinstance(result, BaseException):
            raise result
        else:
            found[part] = result
    settings: Mapping[str, Any] = found.get("merge methods of the repository", {})
    protection, is_whole = found.get("branch protection", (None, True))
    if not is_whole:
        missing.append(Missing(part=f"branch protection of {pull.base}", reason=_ADMINISTRATORS_ONLY))
    rules = [one for one in (protection, found.get("rulesets")) if one is not None]
    checks, statuses = found.get("checks"), found.get("commit statuses")
    state = (pull.mergeable_state or "unknown").lower()
    return MergeFacts(
        rules=rules[0] | rules[-1] if rules else None,
        state=state,
        is_administrator=settings.get("admin"),
        is_archived=settings.get("archived"),
        methods=settings.get("methods"),
        opinions=found.get("reviews"),
        checks=[*(checks or ()), *(statuses or ())] if checks is not None and statuses is not None else None,
        paths=found.get("changed files"),
        missing=missing,
    )


async def _repository(api: GitHubApi, repository: RepositoryName) -> dict[str, Any]:
    data = (await api.read(repository, Request((), f"repository {repository.full}", current=True))).json()
    if not isinstance(data, Mapping):
        raise UnexpectedResponse
    names = dict(zip(METHODS, ("allow_merge_commit", "allow_squash_merge", "allow_rebase_merge"), strict=True))
    allowed = {method: data.get(name) for method, name in names.items()}
    is_known = all(isinstance(one, bool) for one in allowed.values())  # shown to accounts that may push
    permissions = data.get("permissions")
    return {
        "methods": frozenset(method for method, one in allowed.items() if one) if is_known else None,
        "archived": data.get("archived"),
        "admin": permissions.get("admin") if isinstance(permissions, Mapping) else None,
    }


async def _protection(api: GitHubApi, repository: RepositoryName, branch: str) -> tuple[BranchRules, bool]:
    """The protection of a branch, and whether this is all of it."""
    path = ("branches", branch)
    where = f"branch {branch} in {repository.full}"
    data = (await api.read(repository, Request(path, where, current=True))).json()
    if not isinstance(data, Mapping):
        raise UnexpectedResponse
    if data.get("protected") is False:
        return BranchRules(), True
    try:
        request = Request((*path, "protection"), f"protection of {where}", current=True)
        whole = await api.read_or_none(repository, request)
    except RefusedByGitHub:
        whole = None
    if isinstance(whole, Mapping):
        return of_protection(whole), True
    shown = data.get("protection")
    required = shown.get("required_status_checks") if isinstance(shown, Mapping) else None
    checks = checks_of(required) if isinstance(required, Mapping) else frozenset()
    return BranchRules(checks=checks), False


async def _rulesets(api: GitHubApi, repository: RepositoryName, branch: str) -> BranchRules:
    request = Request(("rules", "branches", branch), f"rules of branch {branch}", current=True)
    return of_rulesets(await _all(api, repository, request))


async def is_bound(api: GitHubApi, repository: RepositoryName, rulesets: Iterable[int]) -> bool:
    """Whether this server's account can bypass none of these rulesets."""

    async def binds(number: int) -> bool:
        request = Request(("rulesets", number), f"ruleset {number} in {repository.full}", current=True)
        data = await api.read_or_none(repository, request)
        return isinstance(data, Mapping) and data.get("current_user_can_bypass") == "never"

    return all(await asyncio.gather(*map(binds, rulesets)))


async def _opinions(api: GitHubApi, repository: RepositoryName, number: int) -> list[Opinion]:
    """The latest opinion of each reviewer with write access, as far as GitHub shows the latter."""
    latest: dict[str, Opinion] = {}
    request = Request(("pulls", number, "reviews"), f"reviews of pull request #{number}", current=True)
    for one in await _all(api, repository, request):
        author = one.get("user", {}).get("login") if isinstance(one.get("user"), Mapping) else None
        state = str(one.get("state", "")).upper()
        if state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED") and isinstance(author, str):
            latest[author] = Opinion(author, state)
            if one.get("author_association", "MEMBER") not in _WRITERS:
                del latest[author]
    return list(latest.values())


async def all_checks(api: GitHubApi, repository: RepositoryName, sha: str) -> list[CheckState]:
    """The checks and statuses of a commit."""
    checks, statuses = await asyncio.gather(_check_runs(api, repository, sha), _statuses(api, repository, sha))
    return [*checks, *statuses]


async def behind_by(api: GitHubApi, repository: RepositoryName, base: str, sha: str) -> int | None:
    """The number of commits of the base branch that a commit does not contain."""
    path, query = ("compare", f"{base}...{sha}"), {"per_page": 1}
    request = Request(path, f"{base} and {sha} in {repository.full}", query, current=True)
    data = (await api.read(repository, request)).json()
    count = data.get("behind_by") if isinstance(data, Mapping) else None
    return count if isinstance(count, int) else None


async def _check_runs(api: GitHubApi, repository: RepositoryName, sha: str) -> list[CheckState]:
    request = Request(("commits", sha, "check-runs"), f"commit {sha}", current=True)
    found = []
    for one in await _all(api, repository, request, "check_runs"):
        app = one.get("app")
        number = app.get("id") if isinstance(app, Mapping) else None
        state = check_state(one.get("conclusion") if one.get("status") == "completed" or "status" not in one else None)
        found.append(CheckState(str(one.get("name", "")), state, number if isinstance(number, int) else None))
    return found


async def _statuses(api: GitHubApi, repository: RepositoryName, sha: str) -> list[CheckState]:
    request = Request(("commits", sha, "status"), f"commit {sha}", current=True)
    items = await _all(api, repository, request, "statuses")
    return [CheckState(str(one.get("context", "")), status_state(one.get("state"))) for one in items]


async def first_paths(api: GitHubApi, repository: RepositoryName, number: int) -> ChangedPaths:
    """The first hundred changed paths. They are sorted, so that .github/workflows is among them."""
    return await _paths(api, repository, number, 1)


async def more_paths(api: GitHubApi, repository: RepositoryName, number: int) -> ChangedPaths:
    """The first five hundred changed paths."""
    pages = await asyncio.gather(*(_paths(api, repository, number, page + 1) for page in range(_PAGES_OF_PATHS)))
    return ChangedPaths(tuple(path for page in pages for path in page.paths), pages[-1].all)


async def _paths(api: GitHubApi, repository: RepositoryName, number: int, page: int) -> ChangedPaths:
    query = {"per_page": _PAGE, "page": page}
    request = Request(("pulls", number, "files"), f"pull request #{number} in {repository.full}", query, current=True)
    reply = await api.read(repository, request)
    items = reply.json()
    if not isinstance(items, list):
        raise UnexpectedResponse
    # A renamed file is changed at both places.
    names = [one.get(key) for one in items if isinstance(one, Mapping) for key in ("filename", "previous_filename")]
    is_last = fetched(reply, items, _PAGE).more is False
    return ChangedPaths(tuple(name for name in names if isinstance(name, str)), is_last)


async def owners_at(api: GitHubApi, repository: RepositoryName, branch: str) -> list[OwnerRule]:
    """The rules of the CODEOWNERS file of a branch; empty without one."""

    async def text_at(path: str) -> str | None:
        request = Request(("contents", *path.split("/")), f"{path} in {repository.full}", {"ref": branch}, current=True)
        data = await api.read_or_none(repository, request)
        if data is None:
            return None
        try:
            if data["encoding"] != "base64":  # GitHub sends no content of a file beyond 1 MB
                raise UnexpectedResponse
            return base64.b64decode(data["content"]).decode(errors="replace")
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise UnexpectedResponse from None

    found = await asyncio.gather(*map(text_at, PLACES))
    text = next((one for one in found if one is not None), "")
    return await off_loop(len(text), owner_rules, text)


def check_state(conclusion: Any) -> Literal["passed", "failed", "running"]:
    """The state of a check run by its conclusion, which it has when it is completed."""
    return "running" if not conclusion else "passed" if str(conclusion).lower() in _PASSED else "failed"


def status_state(state: Any) -> Literal["passed", "failed", "running"]:
    """The state of a commit status."""
    text = str(state).lower()
    return "passed" if text == "success" else "running" if text in ("pending", "expected") else "failed"


async def _all(
    api: GitHubApi, repository: RepositoryName, request: Request, key: str | None = None
) -> Sequence[Mapping[str, Any]]:
    async def fetch(number: int, size: int) -> Fetched[Any]:
        query = {"per_page": size, "page": number}
        page = Request(request.path, request.what, query, current=request.current)
        reply = await api.read(repository, page)
        data = reply.json()
        items = data.get(key) if key is not None and isinstance(data, Mapping) else data
        if not isinstance(items, list):
            raise UnexpectedResponse
        return fetched(reply, [one for one in items if isinstance(one, Mapping)], size)

    return await everything(fetch)
