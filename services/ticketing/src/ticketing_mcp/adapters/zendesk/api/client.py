"""Requests to the Zendesk account of the current caller's tenant."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from servicekit.core import OutcomeUnknown, current_tenant
from servicekit.upstream import CachePolicy, UpstreamResponse
from ticketing_mcp.adapters.zendesk.api.accounts import ZendeskAccounts
from ticketing_mcp.adapters.zendesk.api.errors import NAME, UnexpectedResponse, refusal

Model = TypeVar("Model", bound=BaseModel)

SETUP: Final = CachePolicy(fresh=30, stale=120)
"""For what administrators maintain: groups, agents, macros, service levels, fields."""
_SEARCH_LAG: Final = 180.0
"""Seconds until Zendesk's search shows a change: "up to a few minutes"."""
PAGE: Final = 100
"""The largest page of most lists."""

Path = Sequence[str | int]


class ZendeskApi:
    """Reads and writes, with error messages. Tickets are never cached: a write decides by what it just read."""

    def __init__(self, accounts: ZendeskAccounts) -> None:
        self._accounts = accounts
        self._written: dict[str, float] = {}

    async def read(
        self, path: Path, what: str, query: Mapping[str, Any] | None = None, cache: CachePolicy | None = None
    ) -> Any:
        """The JSON of a response.

        Args:
            what: the requested thing, in words for error messages.

        Raises:
            Refused: Zendesk refused it, or the tenant has no account.
        """
        reply = await self._get(path, query, cache)
        if not reply.ok:
            raise refusal(reply, what)
        return reply.json()

    async def read_or_none(
        self, path: Path, what: str, query: Mapping[str, Any] | None = None, cache: CachePolicy | None = None
    ) -> Any:
        """The same; None where Zendesk answers 404."""
        reply = await self._get(path, query, cache)
        if reply.status == 404:
            return None
        if not reply.ok:
            raise refusal(reply, what)
        return reply.json()

    async def everything(
        self, path: Path, key: str, what: str, query: Mapping[str, Any] | None = None, *, most: int = 2000
    ) -> list[Any]:
        """The records of a list that administrators maintain, over its pages (cursor pagination), at most `most`."""
        found: list[Any] = []
        after: str | None = None
        while len(found) < most:
            page: dict[str, Any] = {**(query or {}), "page[size]": PAGE, "page[after]": after}
            data = await self.read(path, what, page, SETUP)
            items = member(data, key)
            found += items
            meta = data.get("meta")
            after = meta.get("after_cursor") if isinstance(meta, Mapping) and meta.get("has_more") else None
            if not isinstance(after, str) or not items:
                break
        return found[:most]

    async def download(self, path: Path, what: str) -> bytes:
        """The content of a file beside the API, which may be at a host that Zendesk redirects to.

        Raises:
            Refused: Zendesk refused it.
            Unavailable: it is larger than allowed, or did not arrive.
        """
        client = await self._accounts.of_caller()
        reply = await client.send("GET", path, json=False, root="", headers={"Accept": "*/*"})
        if not reply.ok:
            raise refusal(reply, what)
        return reply.body

    async def write(
        self,
        method: str,
        path: Path,
        content: Any,
        what: str,
        *,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = False,
    ) -> Any:
        """Change something; the JSON of the response.

        Args:
            idempotent: Zendesk does it once, however often it is sent.

        Raises:
            Refused: Zendesk refused it. Nothing was changed.
            OutcomeUnknown: no usable response arrived.
        """
        client = await self._accounts.of_caller()
        self._written[current_tenant()] = time.monotonic()
        reply = await client.send(method, path, content=content, headers=headers, idempotent=idempotent, follow=False)
        if not reply.ok:
            raise refusal(reply, what)
        return reply.json() if reply.body else {}

    def wrote_lately(self) -> bool:
        """Whether this process wrote for the caller's tenant so recently that Zendesk's search may not show it."""
        return time.monotonic() - self._written.get(current_tenant(), -_SEARCH_LAG) < _SEARCH_LAG

    async def _get(self, path: Path, query: Mapping[str, Any] | None, cache: CachePolicy | None) -> UpstreamResponse:
        client = await self._accounts.of_caller()
        return await client.get(path, query, cache_policy=cache, follow=False)


def member(data: Any, key: str) -> list[Any]:
    """The list of that name in a response.

    Raises:
        UnexpectedResponse: there is none.
    """
    items = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(items, list):
        raise UnexpectedResponse
    return items


def parsed(model: type[Model], data: Any) -> Model:
    """Zendesk's JSON as a model.

    Raises:
        UnexpectedResponse: it does not fit.
    """
    try:
        return model.model_validate(data)
    except ValidationError:
        raise UnexpectedResponse from None


def parsed_list(model: type[Model], data: Any, key: str) -> list[Model]:
    """The list of that name as models."""
    return [parsed(model, item) for item in member(data, key)]


def written(model: type[Model], data: Any) -> Model:
    """The response to a write as a model. The write has taken effect, whatever the response says.

    Raises:
        OutcomeUnknown: it does not fit.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise OutcomeUnknown(NAME) from error
