"""A request as route handlers see it: its user, path values, query and body."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from devkit.simulators.zendesk.idempotency import IdempotencyKeys
from devkit.simulators.zendesk.limits import RateLimits
from devkit.simulators.zendesk.pages import cursor_page, offset_page
from devkit.simulators.zendesk.records.people import Group, User
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.responses import forbidden, invalid_parameter, not_found, too_many_values
from devkit.simulators.zendesk.world import World

Item = TypeVar("Item")
_MOST_IDS = 100


@dataclass(frozen=True)
class Urls:
    """Base URLs: `api` of the API, `web` of the web pages and downloads."""

    api: str
    web: str

    def of(self, noun: str, identifier: object) -> str:
        """The API URL of a record."""
        return f"{self.api}/{noun}/{identifier}.json"


@dataclass(frozen=True)
class ApiRequest:
    """A request that passed authentication and the account's limit.

    Attributes:
        path: the path below /api/v2, without `.json`.
        body: the JSON object of the body.
        content: the bytes of the body, for uploads.
    """

    world: World
    limits: RateLimits
    idempotency: IdempotencyKeys
    urls: Urls
    user: User
    values: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    content: bytes
    headers: Mapping[str, str]
    path: str

    @property
    def now(self) -> datetime:
        """The time, in whole seconds."""
        return self.world.now()

    @property
    def included(self) -> set[str]:
        """The names of `include`."""
        return {name.strip() for name in self.query.get("include", "").split(",") if name.strip()}

    def require_agent(self) -> User:
        """The user. Raises `ApiError` 403 for an end user."""
        if not self.user.is_staff:
            raise forbidden()
        return self.user

    def require_admin(self) -> User:
        """The user. Raises `ApiError` 403 unless it is an administrator."""
        if self.user.role != "admin":
            raise forbidden()
        return self.user

    def number(self, name: str = "id") -> int:
        """A number in the path. Raises `ApiError` 400 for other text."""
        text = self.values[name]
        if not (text.isascii() and text.isdecimal()):
            raise invalid_parameter(name, "must be an integer", f"api/v2{self.path}")
        return int(text)

    def ticket(self, name: str = "id") -> Ticket:
        """The ticket in the path. Raises `ApiError` 404 if it is missing or deleted."""
        self.require_agent()
        ticket = self.world.tickets.get(self.number(name))
        if ticket is None or ticket.deleted:
            raise not_found()
        return ticket

    def group(self) -> Group:
        """The group in the path."""
        group = self.world.groups.get(self.number())
        if group is None or group.deleted:
            raise not_found()
        return group

    def found(self, records: Mapping[int, Item]) -> Item:
        """The record in the path. Raises `ApiError` 404 if it is missing."""
        self.require_agent()
        record = records.get(self.number())
        if record is None:
            raise not_found()
        return record

    def ids(self, name: str = "ids") -> list[int]:
        """A list of ids in the query. Raises `ApiError` 400 for other text or more than 100."""
        texts = [text.strip() for text in self.query.get(name, "").split(",") if text.strip()]
        if len(texts) > _MOST_IDS:
            raise too_many_values(name)
        if not texts or not all(text.isascii() and text.isdecimal() for text in texts):
            raise invalid_parameter(name, "must be a list of integers", f"api/v2{self.path}")
        return [int(text) for text in texts]

    def object(self, name: str) -> dict[str, Any]:
        """An object in the body. Raises `ApiError` 400 if it is missing."""
        value = self.body.get(name)
        if not isinstance(value, dict):
            raise invalid_parameter(name, "is required", f"api/v2{self.path}")
        return value

    def page(
        self,
        name: str,
        items: Sequence[Item],
        render: Callable[[Item], Any],
        more: Callable[[Sequence[Item]], Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """One page of a list: with cursors if the client sends `page[size]`, by number otherwise.

        Args:
            name: what the list is called in the response.
            items: records with an `id`, in order.
            more: further members of the response for the records on the page, such as side-loaded users.
        """
        address = f"{self.urls.api}{self.path}.json"
        page = cursor_page if "page[size]" in self.query or "page[after]" in self.query else offset_page
        shown, links = page(items, self.query, address, f"api/v2{self.path}")
        return {name: [render(item) for item in shown], **(more(shown) if more else {}), **links}
