"""Tools for the server's own GitHub account and its rate limits."""

from github_mcp.models.releases import Account, RateLimits
from github_mcp.ports import Accounts


class AccountTools:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def get_me(self) -> Account:
        """Show the GitHub account that this server acts as, and its organisations. For your own identity use
        github_whoami."""
        return await self._accounts.me()

    async def get_rate_limit(self) -> RateLimits:
        """Show the remaining GitHub API quota of this server and when it resets. This call is free."""
        limits = await self._accounts.limits()
        return RateLimits(limits=limits, notice=None if limits else "This GitHub server has no rate limits.")
