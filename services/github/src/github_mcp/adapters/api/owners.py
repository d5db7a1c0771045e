"""Owners of repositories: the account of this server, other users, organisations."""

from collections.abc import Mapping

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import BadCredential
from servicekit.core import Refused


async def own_login(api: GitHubApi) -> str | None:
    """The login of the account that the server acts as; None for an installation of an App, or without a credential."""
    try:
        data = (await api.read_global(("user",), Request((), "account of this server's credential"))).json()
    except (Refused, BadCredential):
        return None
    login = data.get("login") if isinstance(data, Mapping) else None
    return login if isinstance(login, str) else None


async def is_organization(api: GitHubApi, login: str) -> bool:
    """Whether an account is an organisation.

    Raises:
        Refused: there is no such account.
    """
    data = (await api.read_global(("users", login), Request((), f"account {login}"))).json()
    return isinstance(data, Mapping) and data.get("type") == "Organization"
