"""The server's account at GitHub, and its rate limits."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import UnexpectedResponse
from github_mcp.models.releases import Account, RateLimit
from servicekit.core import Refused, Unavailable


class GitHubAccounts:
    """Implements `Accounts`.

    Args:
        is_app: the credential is an App's, which has no user account.
    """

    def __init__(self, api: GitHubApi, *, is_app: bool) -> None:
        self._api = api
        self._is_app = is_app
        self._login: str | None = None

    async def me(self) -> Account:
        """The account behind the credential."""
        if self._is_app:
            return await self._installation()
        try:
            return await self._user()
        except Refused:  # an installation token, such as a workflow's GITHUB_TOKEN, has no user either
            with suppress(Refused):
                return await self._installation()
            raise

    async def login(self) -> str | None:
        """The login behind the credential, which stays the same; None for an App, or where it cannot be had."""
        if self._login is None and not self._is_app:
            with suppress(Refused, Unavailable):
                self._login = (await self._user_facts())[0]
        return self._login

    async def limits(self) -> list[RateLimit]:
        """GitHub's rate limits; empty for an Enterprise server without limits, which answers 404. The request is free
        and works even when all limits are spent."""
        try:
            reply = await self._api.read_global(("rate_limit",), Request((), "limits"), resource="rate_limit")
        except Refused:
            return []
        data = reply.json()
        resources = data.get("resources") if isinstance(data, Mapping) else None
        if not isinstance(resources, Mapping):
            raise UnexpectedResponse
        return [_limit(str(name), value) for name, value in resources.items() if isinstance(value, Mapping)]

    async def _user(self) -> Account:
        login, kind = await self._user_facts()
        return Account(login=login, kind=kind, organizations=await self._organizations())

    async def _user_facts(self) -> tuple[str, str]:
        """Login and kind of the account."""
        data = (await self._api.read_global(("user",), Request((), "account of this server's credential"))).json()
        login, kind = (data.get(name) for name in ("login", "type")) if isinstance(data, Mapping) else (None, None)
        if not isinstance(login, str):
            raise UnexpectedResponse
        return login, str(kind or "User")

    async def _installation(self) -> Account:
        return Account(login="", kind="App installation", organizations=await self._owners())

    async def _organizations(self) -> list[str]:
        """Empty if the token lacks the right to list them."""
        try:
            reply = await self._api.read_global(("user", "orgs"), Request((), "organisations", {"per_page": 100}))
        except Refused:
            return []
        return _logins(reply.json())

    async def _owners(self) -> list[str]:
        request = Request((), "repositories of the installation", {"per_page": 100})
        data = (await self._api.read_global(("installation", "repositories"), request)).json()
        found = data.get("repositories") if isinstance(data, Mapping) else None
        return sorted({*_logins([one.get("owner") for one in found or [] if isinstance(one, Mapping)])})


def _limit(name: str, value: Mapping[str, Any]) -> RateLimit:
    try:
        limit, remaining, reset = (int(value[key]) for key in ("limit", "remaining", "reset"))
        resets_at = datetime.fromtimestamp(reset, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise UnexpectedResponse from None
    return RateLimit(resource=name[:40], limit=limit, remaining=remaining, resets_at=resets_at)


def _logins(items: Any) -> list[str]:
    if not isinstance(items, list):
        raise UnexpectedResponse
    found = [item.get("login") for item in items if isinstance(item, Mapping)]
    return [login for login in found if isinstance(login, str)]
