"""Who this server is at GitHub, and what it may still ask."""

from github_mcp.models.releases import Account, RateLimits
from github_mcp.ports import Accounts


class AccountTools:
    """Accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def get_me(self) -> Account:
        """See which GitHub account this server acts as, and its organisations. It is not you: for that, use whoami."""
        return await self._accounts.me()

    async def get_rate_limit(self) -> RateLimits:
        """See how many requests GitHub still takes from this server, and when that begins anew. Asking costs none."""
        limits = await self._accounts.limits()
        return RateLimits(limits=limits, notice=None if limits else "This GitHub counts no requests.")
