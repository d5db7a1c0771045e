"""The HTTP client of each tenant's Zendesk account."""

from typing import Final

from servicekit.core import Refused, current_tenant
from servicekit.settings import ReloadedFile
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream import Upstream
from ticketing_mcp.adapters.zendesk.api.credentials import ApiToken
from ticketing_mcp.adapters.zendesk.api.quota import ZendeskQuota
from ticketing_mcp.models.zendesk_accounts import FILE, ZendeskAccount, parse_accounts

NAME: Final = "Zendesk"
_FILE_HOSTS: Final = ("*.zdusercontent.com",)
"""Hosts to which Zendesk redirects for attachments. They get no credentials."""
_LARGEST: Final = 10 * 1024 * 1024 + 1024
"""Bytes of the largest response: an attachment."""


class ZendeskAccounts:
    """One `Upstream` for each tenant: a cache, rate limit, circuit breaker and credential of its own.

    Args:
        path: the file of accounts. An edit takes effect without a restart.
        store: shares the caches among replicas.
        timeout: seconds for one request.

    Raises:
        InvalidContent: the file is invalid at start-up.
    """

    name = NAME
    needed_for = ()
    """Not part of readiness: restarting this server would not bring Zendesk back."""

    def __init__(self, path: str, store: RedisStore | None, timeout: float) -> None:
        self.file: Final = ReloadedFile(FILE, [path], parse_accounts)
        self._store = store
        self._timeout = timeout
        self._clients: dict[str, tuple[ZendeskAccount, Upstream]] = {}

    async def start(self) -> None:
        """Watch the file."""
        await self.file.start()

    async def stop(self) -> None:
        """Close every connection."""
        await self.file.stop()
        for _, client in self._clients.values():
            await client.stop()

    async def check(self) -> None:
        """Check the last edit of the file, and the circuit breakers.

        Raises:
            InvalidContent: the last edit is invalid, so the previous content is in use.
            Unavailable: an account failed repeatedly.
        """
        await self.file.check()
        for _, client in list(self._clients.values()):
            await client.check()

    async def of_caller(self) -> Upstream:
        """The client of the current caller's tenant.

        Raises:
            Refused: the file has no account for it.
        """
        tenant = current_tenant()
        account = self.file.content.get(tenant)
        if account is None:
            raise Refused(
                "Your organisation has no Zendesk account on this server, so there are no tickets to read or write. "
                "Ask the operator to add it to the file of ZENDESK_FILE."
            )
        known = self._clients.get(tenant)
        if known is not None and known[0] == account:
            return known[1]
        client = self._client(tenant, account)
        self._clients[tenant] = account, client
        if known is not None:
            await known[1].stop()
        return client

    def _client(self, tenant: str, account: ZendeskAccount) -> Upstream:
        return Upstream(
            "ticketing",
            NAME,
            f"{account.url}/api/v2",
            credentials=ApiToken(tenant, account),
            store=self._store,
            quota=ZendeskQuota(NAME, account.url.partition("://")[2]),
            timeout=self._timeout,
            redirect_hosts=_FILE_HOSTS,
            max_bytes=_LARGEST,
        )
