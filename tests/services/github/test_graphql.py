"""GraphQL at GitHub: grants, retries, refusals, partial answers, cost, and servers without it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from devkit.simulators.github.world import SIMULATED_TOKEN
from github_mcp.adapters.api import GitHubApi
from github_mcp.adapters.github import connection
from github_mcp.models.identifiers import RepositoryName
from servicekit.core.caller import acting_as

from .scene import Hub, new_caller

SITE = RepositoryName("acme", "website")
WHAT = "pull request #3 in acme/website"
PULL = """
query PullRequest($owner: String!, $name: String!, $number: Int!) {
  rateLimit { cost }
  repository(owner: $owner, name: $name, followRenames: false) {
    pullRequest(number: $number) { id isDraft title reviewDecision }
  }
}"""
DRAFT = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"


@asynccontextmanager
async def github(hub: Hub, *, path: str = "", grants: dict[str, Any] | None = None) -> AsyncIterator[GitHubApi]:
    """The connection to the simulator, for a caller with these grants."""
    url = f"{hub.running.url}{path}"
    made = connection(url, SIMULATED_TOKEN, store=None, epoch=None, log_hosts=(), timeout=5)
    with acting_as(new_caller(grants=grants or {})):
        yield made.api
    await made.upstream.stop()


@pytest.mark.parametrize(("path", "asked"), [("", "/graphql"), ("/api/v3", "/api/graphql")])
async def test_query_is_sent_beside_the_rest_api(hub: Hub, path: str, asked: str) -> None:
    async with github(hub, path=path) as api:
        answer = await api.graphql(SITE, WHAT, PULL, {"number": 3})
    assert answer.find("repository", "pullRequest", "title") == "Rank what search finds"
    assert hub.requests("POST", asked) == 1
