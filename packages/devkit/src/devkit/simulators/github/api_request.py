"""A request as route handlers see it: identity, path values, query and body."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from devkit.simulators.github.records.accounts import Account, Identity
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, empty, forbidden, invalid, not_found
from devkit.simulators.github.variants import Variant
from devkit.simulators.github.world import World

Item = TypeVar("Item")
_PER_PAGE = 30
_MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Urls:
    """Base URLs: `api` of the API, `web` of the web pages."""

    api: str
    web: str

    def repository(self, repository: Repository, *parts: object) -> str:
        """The API URL of a path in a repository."""
        return "/".join([f"{self.api}/repos/{repository.full_name}", *(quote(str(part)) for part in parts)])

    def page(self, repository: Repository, *parts: object) -> str:
        """The web page of a path in a repository."""
        return "/".join([f"{self.web}/{repository.full_name}", *(quote(str(part)) for part in parts)])


@dataclass(frozen=True)
class ApiRequest:
    """A request that passed authentication and limits."""

    world: World
    urls: Urls
    identity: Identity | None
    values: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    accept: str
    path: str
    token: str | None = None
    method: str = "GET"
    variant: Variant | None = None

    def signed_in(self) -> Account:
        """The authenticated account.

        Raises:
            ApiError: 401, the request is anonymous.
        """
        if self.identity is None:
            raise ApiError(401, "Requires authentication")
        return self.identity.account

    def repository(self) -> Repository:
        """The repository in the path. Raises `ApiError` 404 if the credential may not read it."""
        full_name = f"{self.values['owner']}/{self.values['repo']}".lower()
        found = self.world.repositories.get(full_name)
        if found is None and (moved := self.world.by_id(self.world.former_names.get(full_name, 0))) is not None:
            rest = self.path.split("/", 4)[4:]
            url = "/".join([f"{self.urls.api}/repositories/{moved.id}", *rest])
            raise ApiError(301, "Moved Permanently", url=url, headers={"Location": url})
        if found is None or not self.world.can_see(self.identity, found):
            raise not_found()
        return found

    def own_repository(self) -> Repository:
        """The repository in the path. Raises `ApiError` 403 if the credential may not write to it."""
        repository = self.repository()
        self.signed_in()
        if not self.world.can_push(self.identity, repository):
            raise forbidden()
        if repository.is_archived:
            raise ApiError(403, "Repository was archived so is read-only.")
        return repository

    def issue(self, repository: Repository) -> Issue:
        """The issue or pull request with the number in the path."""
        number = self.number("number")
        issue = repository.issues.get(number)
        if (moved := repository.moved_issues.get(number)) is not None:
            url = f"{self.urls.api}/repositories/{moved[0]}/issues/{moved[1]}"
            status = 301 if self.method == "GET" else 307
            raise ApiError(status, "Moved Permanently", url=url, headers={"Location": url})
        if issue is None:
            raise not_found()
        return issue

    def pull(self, repository: Repository) -> Issue:
        """The pull request with the number in the path."""
        issue = self.issue(repository)
        if issue.pull is None:
            raise not_found()
        return issue

    def commit(self, repository: Repository, name: str) -> str:
        """The commit that a branch, tag or SHA names."""
        if repository.lacks_commits():
            raise empty()
        sha = repository.git.resolve(name)
        if sha is None:
            raise ApiError(422, f"No commit found for SHA: {name}")
        return sha

    def number(self, name: str) -> int:
        """A number in the path. Raises `ApiError` 404 for other text."""
        text = self.values[name]
        if not text.isdecimal():
            raise not_found()
        return int(text)

    def text(self, name: str, resource: str, *, required: bool = False, longest: int = 65536) -> str | None:
        """A text in the body. Raises `ApiError` 422 if it is missing, too long or another type."""
        value = self.body.get(name)
        if value is None or (required and value == ""):
            if required:
                raise invalid(resource, name, "missing_field")
            return None
        if not isinstance(value, str):
            raise ApiError(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not a string.")
        if len(value) > longest:
            words = f"{name} is too long (maximum is {longest} characters)"
            raise invalid(resource, name, "custom", words)
        return value

    def page(
        self,
        items: Iterable[Item],
        render: Callable[[Item], Any],
        wrap: str | None = None,
        *,
        most: int = _MOST_PER_PAGE,
        usual: int = _PER_PAGE,
        **rest: Any,
    ) -> ApiResponse:
        """One page of a list, with GitHub's `Link` header.

        Args:
            wrap: name of the list in an object with `total_count`; None for a plain list.
            most, usual: largest and default size of a page.
            rest: other members of the object.
        """
        everything = list(items)
        size = min(max(self._integer("per_page", usual), 1), most)
        number = max(self._integer("page", 1), 1)
        last = max(-(-len(everything) // size), 1)
        shown = [render(item) for item in everything[(number - 1) * size : number * size]]
        body: Any = shown if wrap is None else {"total_count": len(everything), **rest, wrap: shown}
        links: dict[str, int] = {}
        if number > 1:
            links |= {"prev": min(number - 1, last), "first": 1}
        if number < last:
            links |= {"next": number + 1, "last": last}
        header = ", ".join(f'<{self._page_url(target)}>; rel="{name}"' for name, target in links.items())
        return ApiResponse(body, headers={"Link": header} if header else {})

    def _page_url(self, number: int) -> str:
        return f"{self.urls.api}{self.path}?{urlencode({**self.query, 'page': number})}"

    def _integer(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        return int(text) if text.isdecimal() else default
