"""The simulator's GraphQL: access, errors in GitHub's format, pages, cost and rate limit."""

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from graphql import OperationDefinitionNode, parse

from devkit.simulators.github.graphql.cost import weigh
from devkit.simulators.github.graphql.nodes import GraphError, Node, connection
from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.testing import RunningSimulator

PULL = 'repository(owner: "acme", name: "website") { pullRequest(number: 3) { id isDraft } }'
DRAFT = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"
READY = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"


def ask(github: httpx2.Client, document: str, **variables: Any) -> Any:
    return github.post("/graphql", json={"query": document, "variables": variables}).json()


def test_ids_are_those_of_rest(github: httpx2.Client) -> None:
    pull = ask(github, f"{{ {PULL} }}")["data"]["repository"]["pullRequest"]
    assert pull["id"] == github.get("/repos/acme/website/pulls/3").json()["node_id"]
    node = "query($id: ID!) { node(id: $id) { id ... on PullRequest { number author { login } repository { name } } } }"
    found = ask(github, node, id=pull["id"])["data"]["node"]
    assert found == {"id": pull["id"], "number": 3, "author": {"login": "hubot"}, "repository": {"name": "website"}}


def test_default_branch_leads_to_its_commit(github: httpx2.Client) -> None:
    asked = '{ repository(owner: "acme", name: "website") { defaultBranchRef { name target { oid abbreviatedOid } } } }'
    ref = ask(github, asked)["data"]["repository"]["defaultBranchRef"]
    sha = github.get("/repos/acme/website/git/ref/heads/main").json()["object"]["sha"]
    assert ref == {"name": "main", "target": {"oid": sha, "abbreviatedOid": sha[:7]}}


@pytest.mark.parametrize(
    ("document", "kind", "path", "words"),
    [
        ('{ repository(owner: "acme", name: "x") { id } }', "NOT_FOUND", ["repository"], "with the name 'acme/x'"),
        ('{ repository(owner: "globex", name: "vault") { id } }', "NOT_FOUND", ["repository"], "globex/vault"),
        (f"{{ {PULL.replace('3', '99')} }}", "NOT_FOUND", ["repository", "pullRequest"], "with the number of 99"),
        (f"{{ {PULL.replace('3', '1')} }}", "NOT_FOUND", ["repository", "pullRequest"], "with the number of 1."),
        ('{ node(id: "nonsense") { id } }', "NOT_FOUND", ["node"], "the global id of 'nonsense'"),
    ],
)
def test_missing_objects_are_null_with_an_error(
    github: httpx2.Client, document: str, kind: str, path: list[str], words: str
) -> None:
    answer = ask(github, document)
    (error,) = answer["errors"]
    assert (error["type"], error["path"], error["locations"][0]["line"]) == (kind, path, 1)
    assert words in error["message"]
    for step in path:
        answer = answer.get("data", answer)[step]
    assert answer is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"query": "{ viewer { nickname } }"}, "Field 'nickname' doesn't exist on type 'User'"),
        ({"query": "{ viewer(id: 1) { id } }"}, "Field 'viewer' doesn't accept argument 'id'"),
        ({"query": "{ viewer"}, "Parse error on"),
        ({"query": ""}, "A query attribute must be specified"),
        ({"query": "{ viewer { login } }", "variables": []}, None),
        ({"query": "{ viewer { login } }", "variables": "x"}, "Variables must be an object"),
        ({"query": "query A { viewer { login } } query B { viewer { login } }"}, "An operation name is required"),
        ({"query": DRAFT, "variables": {}}, "Variable $id was provided invalid value"),
    ],
)
def test_invalid_documents_are_refused_with_status_200(
    github: httpx2.Client, body: Mapping[str, Any], words: str | None
) -> None:
    response = github.post("/graphql", json=body)
    assert response.status_code == 200
    if words is None:
        assert response.json() == {"data": {"viewer": {"login": "mona"}}}
    else:
        assert "data" not in response.json()
        assert words in response.json()["errors"][0]["message"]


def test_drafts_are_made_and_unmade_once(github: httpx2.Client) -> None:
    pull = ask(github, f"{{ {PULL} }}")["data"]["repository"]["pullRequest"]["id"]
    for document, name, draft in (
        (DRAFT, "convertPullRequestToDraft", True),
        (READY, "markPullRequestReadyForReview", False),
    ):
        assert ask(github, document, id=pull)["data"] == {name: {"pullRequest": {"isDraft": draft}}}
        assert github.get("/repos/acme/website/pulls/3").json()["draft"] is draft
        assert ask(github, document, id=pull)["errors"][0]["type"] == "UNPROCESSABLE"


def test_mutation_needs_the_right_to_write(github: httpx2.Client, simulator: RunningSimulator) -> None:
    world = simulator.simulator.world
    world.identities["stranger"] = Identity(world.accounts["drifter"])
    pull = ask(github, f"{{ {PULL} }}")["data"]["repository"]["pullRequest"]["id"]
    headers = {"Authorization": "token stranger"}
    answer = github.post("/graphql", json={"query": DRAFT, "variables": {"id": pull}}, headers=headers).json()
    assert answer["data"] == {"convertPullRequestToDraft": None}
    assert answer["errors"][0]["type"] == "FORBIDDEN"


def test_anonymous_requests_are_refused(simulator: RunningSimulator) -> None:
    for headers, status in (({}, 401), ({"Authorization": "token wrong"}, 401)):
        url = f"{simulator.url}/graphql"
        response = httpx2.post(url, json={"query": "{ viewer { login } }"}, headers={"User-Agent": "tests", **headers})
        assert response.status_code == status


def test_points_are_counted_and_refused_when_spent(github: httpx2.Client) -> None:
    github.post("/_simulator/limits", json={"resource": "graphql", "remaining": 2})
    response = github.post("/graphql", json={"query": "{ rateLimit { cost remaining used limit } }"})
    assert response.json()["data"]["rateLimit"] == {"cost": 1, "remaining": 1, "used": 4999, "limit": 5000}
    assert response.headers["X-RateLimit-Resource"] == "graphql"
    assert response.headers["X-RateLimit-Remaining"] == "1"
    ask(github, "{ viewer { login } }")
    refused = github.post("/graphql", json={"query": "{ viewer { login } }"})
    assert (refused.status_code, refused.json()["errors"][0]["type"]) == (200, "RATE_LIMIT")
    assert github.get("/rate_limit").json()["resources"]["graphql"]["remaining"] == 0
    assert github.get("/user").status_code == 200


NESTED = """
query($first: Int) { repository(owner: "a", name: "b") { pullRequest(number: 1) {
  reviewThreads(first: $first) { nodes { comments(first: 50) { nodes { id } } ...More } }
} } }
fragment More on PullRequestReviewThread { later: comments(last: 10) { totalCount } }"""


@pytest.mark.parametrize(
    ("first", "weight"), [(100, (2, 100 + 100 * 60)), (1, (1, 61)), (None, (1, 60)), (500, (10, 500 + 500 * 60))]
)
def test_cost_grows_with_nested_pages(first: int | None, weight: tuple[int, int]) -> None:
    document = parse(NESTED)
    (operation, *_) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    assert weigh(document, operation, {"first": first}) == weight


def numbered(number: int) -> Node:
    return Node("User", number, None, number)


def shown(**page: Any) -> tuple[list[int], bool, bool]:
    found = connection("items", range(10), numbered, **page)
    info = found["pageInfo"]
    assert found["totalCount"] == 10
    return [node.record for node in found["nodes"]], info["hasPreviousPage"], info["hasNextPage"]


def test_pages_of_a_connection_follow_cursors() -> None:
    first = connection("items", range(10), numbered, first=4)["pageInfo"]
    assert shown(first=4) == ([0, 1, 2, 3], False, True)
    assert shown(first=4, after=first["endCursor"]) == ([4, 5, 6, 7], True, True)
    assert shown(last=3) == ([7, 8, 9], True, False)
    assert shown(last=3, before=first["endCursor"]) == ([0, 1, 2], False, True)
    assert shown(first=100) == ([*range(10)], False, False)
    assert shown(first=0) == ([], False, True)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ({}, "MISSING_PAGINATION_BOUNDARIES"),
        ({"first": 101}, "EXCESSIVE_PAGINATION"),
        ({"last": 101}, "EXCESSIVE_PAGINATION"),
        ({"first": 1, "after": "nonsense"}, "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_pages_without_bounds_are_refused(page: dict[str, Any], kind: str) -> None:
    with pytest.raises(GraphError) as raised:
        connection("items", range(10), numbered, **page)
    assert raised.value.kind == kind
