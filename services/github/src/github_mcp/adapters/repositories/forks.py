"""Where a ref is that may be in a fork, within the caller's grants."""

from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.access import is_granted
from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.models.commits.fork_refs import ForkRef
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Refused

_LISTED: Final = 100
_HOW: Final = "fork_repository (toolset repository_setup) makes one."


async def repository_of(api: GitHubApi, base: RepositoryName, side: ForkRef, argument: str) -> RepositoryName:
    """The repository that a ref is in: `base` itself, or a fork of its network that the caller may touch.

    Raises:
        Refused: outside the caller's grants, or no fork.
    """
    if side.owner is None:
        return base
    named = RepositoryName(side.owner, side.repo or base.repo)
    if named.full.lower() == base.full.lower():
        return base
    if side.repo is not None or is_granted(named.full):
        try:
            found, own = await api.access.facts(named), await api.access.facts(base)
        except Refused:
            if side.repo is not None:
                raise
        else:
            if found.fork or own.fork:
                return named
            if side.repo is not None:
                raise Refused(f"{named.full} is no fork of {base.full} ({argument}). {_HOW}")
    return await _listed(api, base, side.owner, argument)


async def _listed(api: GitHubApi, base: RepositoryName, owner: str, argument: str) -> RepositoryName:
    """The owner's fork under another name, among the newest forks."""
    request = Request(("forks",), f"repository {base.full}", {"per_page": _LISTED})
    found: Any = (await api.read(base, request)).json()
    names = [one.get("full_name") for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    own = [name for name in names if isinstance(name, str) and name.lower().startswith(f"{owner.lower()}/")]
    granted = [name for name in own if is_granted(name)]
    if granted:
        return RepositoryName(*granted[0].partition("/")[::2])
    if own or not is_granted(f"{owner}/{base.repo}"):
        raise Refused(
            f"Your access is limited to certain repositories, and a fork of {base.full} by {owner} is not among them "
            f"({argument}). See github_whoami for your grants; the operator or the issuer of your token can extend "
            "them."
        )
    more = f" among its newest {_LISTED} forks" if len(names) >= _LISTED else ""
    raise Refused(
        f"{owner} has no fork of {base.full}{more} ({argument}). Name it as owner/repo:branch if its name is another. "
        f"{_HOW}"
    )
