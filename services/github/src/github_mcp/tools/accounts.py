"""Tools for the server's own GitHub account and its rate limits."""

from github_mcp.models.releases import Account, RateLimits
from github_mcp.ports.accounts import Accounts


class AccountTools:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def get_me(self) -> Account:
        """GitHub user (account, bot, login) that this server acts as, and its organisations. For the caller's rights
        use github_whoami."""
        return await self._accounts.me()

    async def get_rate_limit(self) -> RateLimits:
        """How many GitHub API calls are left (rate limit, quota, throttled) and when they reset. This call is free."""
        limits = await self._accounts.limits()
        return RateLimits(limits=limits, notice=None if limits else "This GitHub server has no rate limits.")
