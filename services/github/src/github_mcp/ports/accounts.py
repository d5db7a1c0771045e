"""The account in use."""

from typing import Protocol

from github_mcp.models.releases import Account, RateLimit


class Accounts(Protocol):
    """The account of this server's credential, and its rate limits."""

    async def me(self) -> Account: ...
    async def login(self) -> str | None:
        """The login alone; None for an App, or where it cannot be had."""
        ...

    async def limits(self) -> list[RateLimit]: ...
