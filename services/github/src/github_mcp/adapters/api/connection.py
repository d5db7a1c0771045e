"""The connection to GitHub: host, credential and rate limits."""

from dataclasses import dataclass
from typing import Final

from github_mcp.adapters.api.app_credentials import AppCredentials
from github_mcp.adapters.api.client import JSON, VERSION, GitHubApi
from github_mcp.adapters.api.credential_rights import CredentialRights
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.readings import StoredReadings
from github_mcp.models.credentials import AppKey
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream import Credentials, FixedCredentials, HeaderQuota, Upstream

NAME: Final = "GitHub"
_HEADERS: Final = {"Accept": JSON, "X-GitHub-Api-Version": VERSION}


@dataclass(frozen=True, slots=True)
class GitHub:
    """The connection.

    Attributes:
        upstream: started and stopped with the server.
        readings: records callers who read from private repositories.
        rights: what the credential may do.
        is_app: the server acts as an App instead of a user.
    """

    upstream: Upstream
    api: GitHubApi
    readings: StoredReadings
    rights: CredentialRights
    is_app: bool


def connection(
    api_url: str,
    credential: str | AppKey | None,
    *,
    store: RedisStore | None,
    epoch: StoreEpoch | None,
    log_hosts: tuple[str, ...],
    timeout: float,
) -> GitHub:
    """Prepare the connection, without network access.

    Args:
        credential: a token or the key of an App; None for anonymous access.
        epoch: tells whether the store lost its records.

    Raises:
        ValueError: the App's key is not an RSA private key.
    """
    app = (
        AppCredentials(credential.app_id, credential.private_key, credential.installation_id)
        if isinstance(credential, AppKey)
        else None
    )
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    credentials: Credentials = app or FixedCredentials(headers)
    upstream = Upstream(
        "github",
        NAME,
        api_url,
        credentials=credentials,
        store=store,
        quota=HeaderQuota(NAME, api_url.split("/")[2]),
        headers=_HEADERS,
        redirect_hosts=log_hosts,
        timeout=timeout,
    )
    if app is not None:
        app.use(upstream)
    readings = StoredReadings(store, epoch)
    api = GitHubApi(upstream, readings)
    api.access.explain = KnownNames(api).no_repository
    rights = CredentialRights(upstream, lambda: app.permissions if app is not None else None)
    return GitHub(upstream, api, readings, rights, app is not None)
