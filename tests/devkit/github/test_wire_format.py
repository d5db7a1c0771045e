"""The simulator's responses fit GitHub's published OpenAPI description."""

import re
from types import ModuleType
from typing import Any

import httpx2
import pytest

from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.routes.tables import TABLES
from devkit.simulators.github.testing import RunningSimulator

from .openapi import GitHubDescription, description
from .requests import accounts, actions, alerts, git_data, issues, pulls, releases, repositories
from .requests.request import SITE

AREAS = (accounts, actions, alerts, git_data, issues, pulls, releases, repositories)
_NAMES = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def known() -> GitHubDescription:
    return description()


def template_of(method: str, path: str) -> str:
    """The route template of the simulator that serves a path."""
    for table in TABLES:
        for verb, template, _ in table.TABLE:
            pattern = re.sub(r"\{[^}:]*(:path)?\}", lambda match: ".+" if match[1] else "[^/]+", template)
            if verb == method and re.fullmatch(pattern, path.partition("?")[0]):
                return template.replace(":path", "")
    return path


def filled(value: Any, names: dict[str, Any]) -> Any:
    """A path or a body with its names replaced; a text that is only a name becomes its value."""
    if isinstance(value, dict):
        return {key: filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _NAMES.fullmatch(value)
    return names[whole[1]] if whole else _NAMES.sub(lambda match: str(names[match[1]]), value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"number": None}, "$.number"),
        ({"created_at": "yesterday"}, "$.created_at"),
        ({"user": {"login": "mona"}}, "$.user"),
        ({"closed_at": 5}, "$.closed_at"),
    ],
)
def test_checker_detects_responses_unlike_githubs(
    github: httpx2.Client, known: GitHubDescription, change: dict[str, Any], problem: str
) -> None:
    issue = github.get(f"{SITE}/issues/1").json()
    template = "/repos/{owner}/{repo}/issues/{number}"
    assert known.problems("GET", template, 200, issue) == []
    assert any(line.startswith(problem) for line in known.problems("GET", template, 200, {**issue, **change}))


@pytest.mark.parametrize(
    ("method", "template", "query", "body", "problem"),
    [
        ("GET", "/repos/{}/{}/issues", {"state": "open", "per_page": "5", "labels": "a,b"}, None, None),
        ("GET", "/repos/{}/{}/issues", {"state": "gone"}, None, "?state: 'gone' is not one of"),
        ("GET", "/repos/{}/{}/issues", {"per_page": "many"}, None, "?per_page: 'many' is not of type 'integer'"),
        ("GET", "/repos/{}/{}/issues", {"colour": "red"}, None, "?colour is unknown"),
        ("POST", "/repos/{}/{}/issues", {}, {"title": "T", "milestone": None}, None),
        ("POST", "/repos/{}/{}/issues", {}, {"body": "B"}, "'title' is a required property"),
        ("POST", "/repos/{}/{}/issues", {}, {"title": "T", "colour": "red"}, "colour is unknown in the body"),
        ("DELETE", "/repos/{}/{}/issues", {}, None, "there is no DELETE"),
        ("PUT", "/repos/{}/{}/actions/jobs/{}", {}, {"x": 1}, "there is no PUT"),
        ("POST", "/repos/{}/{}/actions/runs/{}/cancel", {}, {"x": 1}, "there is a body"),
    ],
)
def test_checker_detects_requests_that_github_lacks(
    known: GitHubDescription, method: str, template: str, query: dict[str, str], body: Any, problem: str | None
) -> None:
    found = known.request_problems(method, template, query, body)
    assert found == [] if problem is None else any(problem in line for line in found)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.__name__.rpartition(".")[2])
def test_every_response_fits_githubs_openapi_description(
    github: httpx2.Client, simulator: RunningSimulator, known: GitHubDescription, area: ModuleType
) -> None:
    names = dict(area.prepare(simulator.simulator.world))
    problems = []
    for method, path, body, status in area.ASKED:
        target = filled(path, names)
        response = github.request(method, target, json=filled(body, names))
        found = response.json() if response.content else None
        if "workflow_run_id" in (found or ()):
            names["dispatched"] = found["workflow_run_id"]
        if response.status_code != status:
            problems.append(f"{method} {path}: {response.status_code} instead of {status}: {response.text[:200]}")
        template = template_of(method, target)
        problems += [f"{method} {path}: {one}" for one in known.problems(method, template, response.status_code, found)]
    assert problems == []


def test_every_route_of_the_simulator_is_checked() -> None:
    asked = [(method, _NAMES.sub("1", path)) for area in AREAS for method, path, _, _ in area.ASKED]
    checked = {(method, template_of(method, path)) for method, path in asked}
    mine = {(verb, path.replace(":path", "")) for table in TABLES for verb, path, _ in table.TABLE}
    assert mine - checked == {("GET", "/repos/{owner}/{repo}/contents")}  # the same as with an empty path


def test_wrong_or_limited_tokens_are_refused(simulator: RunningSimulator) -> None:
    simulator.simulator.world.identities["limited"] = Identity(
        simulator.simulator.world.accounts["mona"], frozenset({"acme/website"})
    )
    for token, path, status in (
        ("wrong", "/user", 401),
        ("limited", "/repos/acme/payments", 404),
        ("limited", "/repos/acme/website", 200),
    ):
        headers = {"Authorization": f"token {token}", "User-Agent": "tests"}
        assert httpx2.get(f"{simulator.url}{path}", headers=headers).status_code == status
