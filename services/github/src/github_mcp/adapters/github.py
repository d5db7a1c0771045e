"""The connection to GitHub: which host, as whom, and what is learned of its limits."""

from dataclasses import dataclass
from typing import Final

from github_mcp.adapters.api import JSON, VERSION, GitHubApi
from github_mcp.adapters.app_credentials import AppCredentials
from github_mcp.adapters.readings import StoredReadings
from github_mcp.models.credentials import AppKey
from servicekit.storage.redis import RedisStore
from servicekit.upstream import Credentials, FixedCredentials, HeaderQuota, Upstream

NAME: Final = "GitHub"
_HEADERS: Final = {"Accept": JSON, "X-GitHub-Api-Version": VERSION}


@dataclass(frozen=True, slots=True)
class GitHub:
    """The connection.

    Attributes:
        upstream: to be started and stopped with the server.
        readings: who has read from private repositories.
        is_app: this server acts as an App, and not as a user.
    """

    upstream: Upstream
    api: GitHubApi
    readings: StoredReadings
    is_app: bool


def connection(
    api_url: str,
    credential: str | AppKey | None,
    *,
    store: RedisStore | None,
    log_hosts: tuple[str, ...],
    timeout: float,
) -> GitHub:
    """Prepare the connection.

    Args:
        credential: a token, or the key of an App; None to be nobody in particular.

    Raises:
        ValueError: the App's key is no key.
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
        elsewhere=log_hosts,
        timeout=timeout,
    )
    if app is not None:
        app.over(upstream)
    readings = StoredReadings(store)
    return GitHub(upstream, GitHubApi(upstream, readings), readings, app is not None)
