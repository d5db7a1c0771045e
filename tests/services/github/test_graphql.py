"""GraphQL at GitHub: grants, retries, refusals, partial answers, cost, and servers without it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from devkit.simulators.github.world import SIMULATED_TOKEN
from github_mcp.adapters.api.client import GitHubApi
from github_mcp.adapters.api.connection import connection
from github_mcp.adapters.api.graphql import GraphAnswer, NotOffered
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import NothingChanged, OutcomeUnknown, Refused
from servicekit.core.caller import acting_as
from servicekit.storage.redis.store import RedisStore
from tests.fixtures.calls import call

from .scene import Hub, new_caller

SITE = RepositoryName("acme", "website")
WHAT = "pull request #3 in acme/website"
PULL = """
query($owner: String!, $name: String!, $number: Int!) {
  rateLimit { cost }
  repository(owner: $owner, name: $name, followRenames: false) {
    pullRequest(number: $number) { id isDraft title reviewDecision }
    unknown: pullRequest(number: 99) { id }
  }
}"""
ONE = """
query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { pullRequest(number: 4) { id } } }"""
DRAFT = """
mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"""
BROKEN = "Something went wrong while executing your query. Please include `F6A2:3B2` when reporting this issue."


@asynccontextmanager
async def github(
    hub: Hub, *, path: str = "", stored: bool = False, token: str | None = SIMULATED_TOKEN, **who: Any
) -> AsyncIterator[GitHubApi]:
    """The connection to the simulator, in a call of a new caller."""
    store = RedisStore(hub.valkey_url) if stored else None
    url = f"{hub.running.url}{path}"
    made = connection(url, token, store=store, epoch=None, log_hosts=(), timeout=5)
    with acting_as(new_caller(**who)):
        yield made.api
    await made.upstream.stop()
    if store is not None:
        await store.stop()


async def ask(api: GitHubApi, document: str = PULL, **details: Any) -> GraphAnswer:
    return await api.graphql(SITE, WHAT, document, {"number": 3}, **details)


@pytest.mark.parametrize(("path", "asked"), [("", "/graphql"), ("/api/v3", "/api/graphql")])
async def test_query_is_sent_beside_the_rest_api(hub: Hub, path: str, asked: str) -> None:
    async with github(hub, path=path) as api:
        answer = await ask(api)
    assert answer.find("repository", "pullRequest", "title") == "Rank what search finds"
    assert hub.requests("POST", asked) == 1


async def test_part_that_github_refuses_leaves_the_others(hub: Hub) -> None:
    async with github(hub) as api:
        answer = await ask(api)
    assert answer.find("repository", "pullRequest", "isDraft") is False
    with pytest.raises(Refused, match=r"GitHub has no pull request #99.*list_pull_requests finds it"):
        answer.find("repository", "unknown", what="pull request #99 in acme/website")
    with pytest.raises(Refused, match="GitHub has no pull request #3"):
        answer.find("repository", "unknown", "id")


async def test_wholly_refused_answer_is_a_refusal(hub: Hub) -> None:
    async with github(hub) as api:
        vault = RepositoryName("globex", "vault")
        with pytest.raises(Refused, match="globex/vault"):
            await api.graphql(vault, WHAT, PULL, {"number": 1})
        with pytest.raises(Refused, match="GitHub rejected that as invalid: pull request #3"):
            await ask(api, DRAFT.replace("ID!", "ID"), write=True)
    assert hub.requests("POST", "/graphql") == 1


async def test_repository_outside_the_grants_costs_no_request(hub: Hub) -> None:
    async with github(hub, grants={"repositories": ["acme/handbook"]}) as api:
        for write in (False, True):
            with pytest.raises(Refused, match="limited to certain repositories"):
                await ask(api, write=write)
    assert hub.requests() == 0


async def test_private_reading_is_recorded(hub: Hub) -> None:
    async with github(hub) as api:
        private = RepositoryName("acme", "payments")
        document = "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { id } }"
        assert (await api.graphql(private, "payments", document)).find("repository", "id")
        readings: Any = api.access._readings
        assert (await readings.of_caller()).private == ["acme/payments"]


def answered(*errors: dict[str, Any], data: Any = None) -> dict[str, Any]:
    return {"body": json.dumps({"data": data, "errors": errors})}


@pytest.mark.parametrize(
    ("fault", "words", "requests"),
    [
        (answered({"type": "FORBIDDEN", "message": "No access."}), "GitHub forbids this for pull request #3", 1),
        (answered({"type": "INSUFFICIENT_SCOPES", "message": "read:org"}), "read:org.*ask the operator", 1),
        (answered({"type": "UNPROCESSABLE", "message": "Too late."}), "invalid: pull request.*Too late", 1),
        (answered({"type": "STALE_DATA", "message": "Changed."}), "conflicts with the current state", 1),
        (answered({"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "Many."}), "rejected that as invalid", 1),
        (answered({"type": "SERVICE_UNAVAILABLE", "message": "Later."}), "could not process the request", 3),
        (answered({"message": BROKEN}), "could not process the request", 3),
        (answered({"message": "Parse error", "locations": []}), "rejected that as invalid", 1),
        (answered({"message": "x", "extensions": {"code": "undefinedField"}}), "does not offer pull request #3", 1),
        (answered(), "does not understand", 1),
        (answered({"type": "NOT_FOUND", "message": 5, "path": None}), "GitHub has no pull request #3", 1),
        ({"body": "[]"}, "does not understand", 1),
        ({"body": '{"data": {"repository": [1]}}'}, "does not understand", 1),
        ({"body": "<html>sign in</html>"}, "not valid JSON", 1),
        ({"status": 401, "body": '{"message": "Bad credentials"}'}, "does not accept this server's credential", 1),
        ({"status": 403, "body": '{"message": "SAML"}'}, "GitHub forbids this for pull request #3", 1),
        ({"status": 404, "body": "<h1>Not here</h1>"}, "This GitHub server does not offer pull request #3", 1),
        ({"status": 405, "body": ""}, "does not offer", 1),
        ({"status": 501, "body": ""}, "does not offer", 1),
        ({"status": 502, "body": ""}, "answered with HTTP 502", 3),
        ({"status": 302, "body": "", "headers": {"location": "/elsewhere"}}, "moved pull request #3", 1),
    ],
    ids=str,
)
async def test_refusals_have_the_words_of_rest(hub: Hub, fault: dict[str, Any], words: str, requests: int) -> None:
    hub.misbehave("answer", method="POST", path="/graphql", times=9, **{"status": 200, **fault})
    async with github(hub) as api:
        with pytest.raises((NothingChanged, Refused), match=words) as raised:
            (await ask(api)).find("repository", "pullRequest", "title")
        assert ("does not offer" in words) == isinstance(raised.value, NotOffered)
        hub.simulator.faults.pending.clear()
        assert (await ask(api)).find("repository", "pullRequest", "title")  # the circuit breaker is closed
    assert hub.requests("POST", "/graphql") == requests + 1


@pytest.mark.parametrize(
    ("error", "headers", "quota"),
    [
        ({"type": "RATE_LIMITED", "message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0"}, "graphql"),
        ({"type": "RATE_LIMIT", "code": "graphql_rate_limit"}, {"x-ratelimit-remaining": "0"}, "graphql"),
        ({"message": "You have exceeded a secondary rate limit."}, {"retry-after": "600"}, "secondary"),
        ({"message": "You have exceeded a secondary rate limit."}, {}, "secondary"),
    ],
)
async def test_limit_in_a_successful_answer_stops_requests(
    hub: Hub, error: dict[str, Any], headers: dict[str, str], quota: str
) -> None:
    about = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "90", "x-ratelimit-resource": "graphql"}
    hub.misbehave(
        "answer",
        path="/graphql",
        status=200,
        headers={**about, "x-ratelimit-reset": "4102444800", **headers},
        **answered(error),
    )
    async with github(hub) as api:
        for _ in range(2):
            with pytest.raises(NothingChanged, match=f"{quota} quota with GitHub is spent"):
                await ask(api)
    assert hub.requests("POST", "/graphql") == 1


async def test_spent_points_leave_the_rest_api(hub: Hub) -> None:
    hub.simulator.limits.use_up(hub.simulator.world.identities[SIMULATED_TOKEN], "graphql", 0, 600)
    async with github(hub) as api:
        with pytest.raises(NothingChanged, match="graphql quota with GitHub is spent"):
            await ask(api)
        assert (await api.access.facts(SITE)).full_name == "acme/website"


async def test_query_beyond_the_remaining_points_is_not_sent(hub: Hub) -> None:
    headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "20", "x-ratelimit-resource": "graphql"}
    body = json.dumps({"data": {"rateLimit": {"cost": 50}, "repository": {"pullRequest": {"title": "T"}}}})
    hub.misbehave(
        "answer", path="/graphql", status=200, body=body, headers={**headers, "x-ratelimit-reset": "4102444800"}
    )
    async with github(hub) as api:
        assert (await ask(api)).find("repository", "pullRequest", "title") == "T"
        with pytest.raises(NothingChanged, match="graphql quota"):
            await ask(api)
        assert await ask(api, ONE)  # costs less, as far as is known
    assert hub.requests("POST", "/graphql") == 2


async def test_points_are_shown_with_the_other_limits(hub: Hub) -> None:
    hub.simulator.limits.use_up(hub.simulator.world.identities[SIMULATED_TOKEN], "graphql", 4000, 600)
    async with hub.client() as client:
        limits = (await call(client, "get_rate_limit"))["limits"]
    shown = {one["resource"]: (one["limit"], one["remaining"]) for one in limits}
    assert shown["graphql"] == (5000, 4000)


async def test_recent_answer_serves_the_same_question(hub: Hub) -> None:
    async with github(hub, stored=True) as api:
        answers = await asyncio.gather(*(ask(api) for _ in range(20)))
        assert await ask(api) == answers[0]
        assert hub.requests("POST", "/graphql") == 1
        await ask(api, current=True)
        await ask(api, ONE)
    assert hub.requests("POST", "/graphql") == 3


async def test_mutation_is_seen_by_the_next_query(hub: Hub) -> None:
    async with github(hub, stored=True) as api:
        pull = (await ask(api)).find("repository", "pullRequest", "id")
        made = await api.graphql(SITE, WHAT, DRAFT, {"id": pull}, write=True)
        assert made.find("convertPullRequestToDraft", "pullRequest", "isDraft") is True
        assert (await ask(api)).find("repository", "pullRequest", "isDraft") is True


@pytest.mark.parametrize(
    "fault", [{"kind": "truncated"}, {"kind": "answer", "status": 200, **answered({"message": BROKEN})}], ids=str
)
async def test_mutation_with_a_lost_answer_is_not_repeated(hub: Hub, fault: dict[str, Any]) -> None:
    async with github(hub) as api:
        pull = (await ask(api)).find("repository", "pullRequest", "id")
        hub.misbehave(path="/graphql", **fault)
        with pytest.raises(OutcomeUnknown):
            await api.graphql(SITE, WHAT, DRAFT, {"id": pull}, write=True)
    assert hub.requests("POST", "/graphql") == 2


async def test_mutation_at_a_server_without_graphql_changes_nothing(hub: Hub) -> None:
    hub.misbehave("answer", path="/graphql", status=501)
    async with github(hub) as api:
        with pytest.raises(NotOffered, match="does not offer pull request #3"):
            await ask(api, DRAFT, write=True)
    assert hub.requests("POST", "/graphql") == 1


async def test_anonymous_server_names_the_missing_credential(hub: Hub) -> None:
    async with github(hub, token=None) as api:
        with pytest.raises(NothingChanged, match="does not accept this server's credential: it is missing"):
            await ask(api)
