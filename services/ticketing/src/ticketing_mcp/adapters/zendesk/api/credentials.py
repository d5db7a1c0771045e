"""The credential of one tenant: an agent's e-mail address and an API token from a file."""

from base64 import b64encode
from hashlib import blake2b
from pathlib import Path

from servicekit.settings import SecretFile
from servicekit.upstream import Credential
from ticketing_mcp.models.zendesk_accounts import ZendeskAccount, read_token


class ApiToken:
    """HTTP Basic with ``EMAIL/token:TOKEN``. A token that was replaced in its file counts from the next request on.

    Attributes:
        account: part of cache keys. It names the tenant, so that two tenants never share a cached response, even with
            one Zendesk account.
    """

    def __init__(self, tenant: str, account: ZendeskAccount) -> None:
        self._email = account.email
        path = Path(account.token_file)
        self._token = SecretFile(path, read_token(tenant, path))
        identity = repr((tenant, account.url, account.email)).encode()
        self.account = blake2b(identity, digest_size=12, person=b"zendesk").hexdigest()

    async def current(self) -> Credential:
        """The credential with the token that the file has now."""
        pair = f"{self._email}/token:{self._token.read()}"
        return Credential({"Authorization": f"Basic {b64encode(pair.encode()).decode()}"})

    def invalidate(self, credential: Credential) -> bool:
        """Whether the file has another token by now."""
        pair = f"{self._email}/token:{self._token.read()}"
        return credential.headers.get("Authorization") != f"Basic {b64encode(pair.encode()).decode()}"
