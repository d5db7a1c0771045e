"""The simulator's responses fit GitHub's published OpenAPI description."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.records.protection import Protection, Ruleset
from devkit.simulators.github.routes.tables import TABLES
from devkit.simulators.github.testing import RunningSimulator, simulator_in_thread
from devkit.simulators.github.world import SIMULATED_TOKEN

from .openapi import GitHubDescription, description

SITE = "/repos/acme/website"
LEDGER = "/repos/acme/payments"
SHA = "0" * 40
ISSUE = {"title": "T", "body": "B", "labels": ["bug"], "assignees": ["hubot"]}
RELEASE = {"tag_name": "v2.0.0", "name": "Second"}
LINE = {"path": "site/search.py", "line": 4, "side": "RIGHT", "body": "L"}
ENTRY = {"path": "a/b.txt", "mode": "100644", "type": "blob", "content": "x\n"}
REMOVED = {"mode": "100644", "type": "blob", "sha": None}

STAGING = {"environment": "staging"}
DISPATCH = {"ref": "main", "inputs": STAGING, "return_run_details": True}
PULL_REQUEST_RULE = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": False,
    "require_code_owner_review": True,
    "require_last_push_approval": False,
    "required_review_thread_resolution": True,
    "allowed_merge_methods": ["squash"],
}
MERGE_QUEUE_RULE = {
    "check_response_timeout_minutes": 60,
    "grouping_strategy": "ALLGREEN",
    "max_entries_to_build": 5,
    "max_entries_to_merge": 5,
    "merge_method": "MERGE",
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 5,
}

ASKED: list[tuple[str, str, Any, int]] = [
    ("GET", "/user", None, 200),
    ("GET", "/user/orgs", None, 200),
    ("GET", "/user/repos?per_page=1", None, 200),
    ("GET", "/users/acme", None, 200),
    ("GET", "/users/unknown", None, 404),
    ("GET", "/users/acme/repos", None, 200),
    ("GET", "/orgs/acme/repos?type=private", None, 200),
    ("GET", "/installation/repositories", None, 200),
    ("GET", "/search/users?q=lisa", None, 200),
    ("GET", f"{SITE}/collaborators", None, 200),
    ("GET", "/orgs/acme/teams", None, 200),
    ("GET", "/orgs/acme/teams/platform/members", None, 200),
    ("GET", "/orgs/globex/teams", None, 403),
    ("GET", SITE, None, 200),
    ("GET", "/repos/globex/vault", None, 404),
    ("GET", f"{SITE}/commits/feature/ranking/check-runs", None, 200),
    ("GET", f"{SITE}/actions/runs", None, 200),
    ("GET", f"{SITE}/actions/runs/{{run}}", None, 200),
    ("GET", f"{SITE}/actions/runs/{{run}}/jobs", None, 200),
    ("GET", f"{SITE}/actions/runs?branch=main&status=failure&event=workflow_dispatch&actor=mona", None, 200),
    ("GET", f"{SITE}/actions/runs/{{run}}/attempts/1", None, 200),
    ("GET", f"{SITE}/actions/runs/{{run}}/attempts/1/jobs", None, 200),
    ("GET", f"{SITE}/actions/runs/{{deployment}}/jobs", None, 200),
    ("GET", f"{SITE}/actions/runs/{{run}}/artifacts", None, 200),
    ("GET", f"{SITE}/actions/workflows", None, 200),
    ("GET", f"{SITE}/actions/workflows/deploy.yml", None, 200),
    ("GET", f"{SITE}/actions/workflows/deploy.yml/runs", None, 200),
    ("GET", f"{SITE}/check-runs/{{unstarted}}/annotations", None, 200),
    ("GET", f"{SITE}/actions/jobs/{{job}}", None, 200),
    ("GET", f"{SITE}/actions/jobs/{{job}}/logs", None, 302),
    ("GET", f"{SITE}/contents/README.md", None, 200),
    ("GET", f"{SITE}/contents/site", None, 200),
    ("GET", f"{SITE}/contents/assets/logo.png?ref=v1.0.0", None, 200),
    ("GET", f"{SITE}/contents/nothing", None, 404),
    ("GET", "/repos/acme/handbook/contents/data/catalogue.csv", None, 200),
    ("GET", "/repos/acme/handbook/contents/links?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/links/outside?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/links/readme?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/vendor?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/vendor/rockets?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/git/trees/shapes?recursive=1", None, 200),
    ("GET", "/repos/acme/handbook/commits/shapes", None, 200),
    ("GET", f"{SITE}/commits?per_page=3&path=README.md", None, 200),
    ("GET", f"{SITE}/commits/main", None, 200),
    ("GET", f"{SITE}/commits/nothing", None, 422),
    ("GET", f"{SITE}/commits/main/status", None, 200),
    ("GET", f"{SITE}/branches", None, 200),
    ("GET", f"{SITE}/branches/main", None, 200),
    ("GET", f"{SITE}/branches/protected", None, 200),
    ("GET", f"{SITE}/branches/nothing", None, 404),
    ("GET", f"{SITE}/branches/protected/protection", None, 200),
    ("GET", f"{SITE}/branches/main/protection", None, 404),
    ("GET", f"{SITE}/rules/branches/protected", None, 200),
    ("GET", f"{SITE}/rules/branches/main", None, 200),
    ("GET", f"{SITE}/rulesets/9", None, 200),
    ("GET", f"{SITE}/rulesets/8", None, 404),
    ("GET", f"{SITE}/tags", None, 200),
    ("GET", f"{SITE}/labels", None, 200),
    ("GET", f"{SITE}/labels/bug", None, 200),
    ("GET", f"{SITE}/labels/nothing", None, 404),
    ("GET", f"{SITE}/assignees", None, 200),
    ("POST", f"{SITE}/git/blobs", {"content": "aGk=", "encoding": "base64"}, 201),
    ("GET", f"{SITE}/git/blobs/{{blob}}", None, 200),
    ("GET", f"{SITE}/git/blobs/{SHA}", None, 404),
    ("POST", f"{SITE}/git/trees", {"tree": [ENTRY], "base_tree": "{tree}"}, 201),
    ("POST", f"{SITE}/git/trees", {"tree": [{**ENTRY, "path": "../x"}]}, 422),
    ("POST", f"{SITE}/git/trees", {"tree": [{**REMOVED, "path": "README.md"}], "base_tree": "{tree}"}, 201),
    ("POST", f"{SITE}/git/trees", {"tree": [{**REMOVED, "path": "docs"}], "base_tree": "{tree}"}, 422),
    ("POST", f"{SITE}/git/trees", {"tree": [{**ENTRY, "sha": None}], "base_tree": "{tree}"}, 422),
    ("GET", f"{SITE}/git/trees/main?recursive=1", None, 200),
    ("POST", f"{SITE}/git/commits", {"message": "M", "tree": "{tree}", "parents": ["{head}"]}, 201),
    ("GET", f"{SITE}/git/commits/{{head}}", None, 200),
    ("GET", f"{SITE}/git/ref/heads/main", None, 200),
    ("GET", f"{SITE}/git/matching-refs/heads/feature/", None, 200),
    ("POST", f"{SITE}/git/refs", {"ref": "refs/heads/new", "sha": "{head}"}, 201),
    ("POST", f"{SITE}/git/refs", {"ref": "refs/heads/main", "sha": "{head}"}, 422),
    ("PATCH", f"{SITE}/git/refs/heads/new", {"sha": "{head}"}, 200),
    ("PATCH", f"{SITE}/git/refs/heads/new", {"sha": SHA}, 422),
    ("GET", f"{SITE}/issues?state=all", None, 200),
    ("POST", f"{SITE}/issues", ISSUE, 201),
    ("POST", f"{SITE}/issues", {"title": ""}, 422),
    ("POST", f"{SITE}/issues", {**ISSUE, "assignees": ["unknown"]}, 422),
    ("GET", f"{SITE}/issues/1", None, 200),
    ("GET", f"{SITE}/issues/3", None, 200),
    ("PATCH", f"{SITE}/issues/1", {"state": "closed", "state_reason": "not_planned"}, 200),
    ("PATCH", f"{SITE}/issues/1", {"state": "closed", "state_reason": "duplicate", "duplicate_issue_id": 5}, 422),
    ("PATCH", f"{SITE}/issues/2", {"milestone": 2, "type": "task"}, 200),
    ("PATCH", f"{SITE}/issues/2", {"milestone": 99}, 422),
    ("PATCH", f"{SITE}/issues/2", {"type": "nothing"}, 422),
    ("PATCH", f"{SITE}/issues/2", {"milestone": None, "type": None, "body": None}, 200),
    ("GET", f"{SITE}/issues?milestone=99", None, 422),
    ("GET", f"{SITE}/issues?milestone=*&type=bug&assignee=none&state=all", None, 200),
    ("GET", f"{SITE}/milestones?state=all", None, 200),
    ("GET", f"{SITE}/milestones/2", None, 200),
    ("GET", f"{SITE}/milestones/99", None, 404),
    ("POST", f"{SITE}/milestones", {"title": "M", "due_on": "2026-12-01T08:00:00Z"}, 201),
    ("POST", f"{SITE}/milestones", {"title": "m"}, 422),
    ("PATCH", f"{SITE}/milestones/3", {"state": "closed", "due_on": None}, 200),
    ("GET", "/orgs/acme/issue-types", None, 200),
    ("GET", "/orgs/mona/issue-types", None, 404),
    ("GET", f"{SITE}/issue-types", None, 200),
    ("GET", f"{LEDGER}/issues/2/sub_issues", None, 200),
    ("GET", f"{LEDGER}/issues/1/parent", None, 200),
    ("GET", f"{LEDGER}/issues/2/parent", None, 404),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": "{child}"}, 422),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": "{child}", "replace_parent": True}, 201),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": 1}, 404),
    ("POST", f"{SITE}/issues/2/sub_issues", {"sub_issue_id": "{sibling}"}, 201),
    ("PATCH", f"{SITE}/issues/2/sub_issues/priority", {"sub_issue_id": "{sibling}", "before_id": "{child}"}, 200),
    ("PATCH", f"{SITE}/issues/2/sub_issues/priority", {"sub_issue_id": "{sibling}"}, 422),
    ("DELETE", f"{SITE}/issues/2/sub_issue", {"sub_issue_id": "{sibling}"}, 200),
    ("DELETE", f"{SITE}/issues/2/sub_issue", {"sub_issue_id": "{sibling}"}, 404),
    ("GET", f"{LEDGER}/dependabot/alerts?state=open,fixed&severity=critical,medium&per_page=1", None, 200),
    ("GET", f"{LEDGER}/dependabot/alerts?page=2", None, 400),
    ("GET", f"{LEDGER}/dependabot/alerts?severity=none", None, 422),
    ("GET", f"{LEDGER}/dependabot/alerts/2", None, 200),
    ("GET", "/repos/acme/handbook/dependabot/alerts", None, 403),
    ("GET", f"{LEDGER}/code-scanning/alerts?state=open&severity=high", None, 200),
    ("GET", f"{LEDGER}/code-scanning/alerts/2", None, 200),
    ("GET", f"{SITE}/code-scanning/alerts", None, 404),
    ("GET", f"{LEDGER}/secret-scanning/alerts?state=open&hide_secret=true", None, 200),
    ("GET", f"{LEDGER}/secret-scanning/alerts/1", None, 200),
    ("GET", f"{LEDGER}/secret-scanning/alerts/1/locations", None, 200),
    ("POST", f"{SITE}/issues/2/comments", {"body": "C"}, 201),
    ("GET", f"{SITE}/issues/2/comments", None, 200),
    ("GET", f"{SITE}/pulls", None, 200),
    ("GET", f"{SITE}/pulls/3", None, 200),
    ("GET", f"{SITE}/pulls/3/files", None, 200),
    ("GET", f"{SITE}/pulls/3/reviews", None, 200),
    ("POST", f"{SITE}/pulls/3/reviews", {"event": "APPROVE", "body": "Good."}, 200),
    ("POST", f"{SITE}/pulls/3/reviews", {"event": "COMMENT", "comments": [LINE]}, 200),
    ("POST", f"{SITE}/pulls/3/reviews", {"event": "COMMENT", "comments": [{**LINE, "line": 900}]}, 422),
    ("GET", f"{SITE}/pulls/3/comments", None, 200),
    ("GET", f"{SITE}/pulls/comments/{{thread}}", None, 200),
    ("GET", f"{SITE}/pulls/comments/1", None, 404),
    ("POST", f"{SITE}/pulls/3/comments/{{thread}}/replies", {"body": "R"}, 201),
    ("POST", f"{SITE}/pulls/3/comments/1/replies", {"body": "R"}, 404),
    ("POST", f"{SITE}/pulls/3/requested_reviewers", {"reviewers": ["mona"], "team_reviewers": ["platform"]}, 201),
    ("GET", f"{SITE}/pulls/3/requested_reviewers", None, 200),
    ("DELETE", f"{SITE}/pulls/3/requested_reviewers", {"reviewers": ["mona"]}, 200),
    ("PATCH", f"{SITE}/pulls/3", {"title": "Ranked", "body": "B"}, 200),
    ("PATCH", f"{SITE}/pulls/3", {"base": "nothing"}, 422),
    ("PUT", f"{SITE}/pulls/3/update-branch", {"expected_head_sha": SHA}, 422),
    ("PUT", f"{SITE}/pulls/3/update-branch", None, 422),
    ("PATCH", f"{SITE}/git/refs/heads/main", {"sha": "{fixed}"}, 200),
    ("PUT", f"{SITE}/pulls/3/update-branch", {}, 202),
    ("PUT", f"{SITE}/pulls/3/merge", {"sha": SHA}, 409),
    ("PUT", f"{SITE}/pulls/3/merge", {"merge_method": "rebase"}, 405),
    ("PUT", f"{SITE}/pulls/3/merge", {"merge_method": "squash"}, 200),
    ("GET", f"{SITE}/pulls/3", None, 200),
    ("POST", f"{SITE}/pulls", {"title": "P", "head": "feature/ranking", "base": "main"}, 201),
    ("POST", f"{SITE}/pulls", {"title": "P", "head": "nothing", "base": "main"}, 422),
    ("GET", f"{SITE}/releases", None, 200),
    ("POST", f"{SITE}/releases", RELEASE, 201),
    ("POST", f"{SITE}/releases", RELEASE, 422),
    ("GET", f"{SITE}/releases/latest", None, 200),
    ("GET", f"{SITE}/releases/tags/v2.0.0", None, 200),
    ("GET", f"{SITE}/releases/tags/v9", None, 404),
    ("POST", f"{SITE}/releases/generate-notes", {"tag_name": "v3.0.0", "target_commitish": "main"}, 200),
    ("POST", f"{SITE}/actions/runs/{{run}}/rerun-failed-jobs", None, 201),
    ("POST", f"{SITE}/actions/runs/{{run}}/rerun", None, 201),
    ("POST", f"{SITE}/actions/jobs/{{unstarted}}/rerun", None, 201),
    ("GET", f"{SITE}/actions/runs/{{run}}", None, 200),
    ("POST", f"{SITE}/actions/runs/{{run}}/cancel", None, 409),
    ("POST", f"{SITE}/actions/runs/{{run}}/force-cancel", None, 409),
    ("POST", f"{SITE}/actions/workflows/deploy.yml/dispatches", {"ref": "main", "inputs": STAGING}, 204),
    ("POST", f"{SITE}/actions/workflows/deploy.yml/dispatches", DISPATCH, 200),
    ("GET", f"{SITE}/actions/runs?event=workflow_dispatch&status=queued", None, 200),
    ("POST", f"{SITE}/actions/runs/{{dispatched}}/cancel", None, 202),
    ("POST", "/user/repos", {"name": "fresh", "description": "New", "private": True, "auto_init": True}, 201),
    ("POST", "/user/repos", {"name": "fresh"}, 422),
    ("POST", "/orgs/acme/repos", {"name": "empty"}, 201),
    ("POST", "/orgs/globex/repos", {"name": "empty"}, 403),
    ("GET", "/repos/acme/empty/contents/README.md", None, 404),
    ("GET", "/repos/acme/empty/commits", None, 409),
    ("GET", "/repos/acme/empty/git/ref/heads/main", None, 409),
    ("GET", "/repos/acme/empty/git/matching-refs/heads/m", None, 409),
    ("GET", "/repos/acme/empty/branches/main", None, 404),
    ("GET", "/repos/acme/empty/compare/main...other", None, 404),
    ("POST", "/repos/acme/empty/git/blobs", {"content": "x"}, 409),
    ("POST", "/repos/acme/empty/forks", {}, 403),
    ("PUT", "/repos/acme/empty/contents/docs/a.md", {"message": "M", "content": "aGk="}, 201),
    ("PUT", "/repos/acme/empty/contents/docs/a.md", {"message": "M", "content": "aGk="}, 422),
    ("PUT", "/repos/acme/empty/contents/docs/b.md", {"message": "M", "content": "aGk=", "branch": "no"}, 404),
    ("POST", f"{SITE}/forks", {"default_branch_only": True}, 202),
    ("GET", f"{SITE}/forks", None, 200),
    ("GET", "/repos/mona/website", None, 200),
    ("GET", "/repos/mona/website/branches", None, 200),
    ("GET", f"{SITE}/branches/main", None, 200),
    ("GET", f"{SITE}/branches/fix%2Fhealth", None, 200),
    ("GET", f"{SITE}/compare/main...fix%2Fhealth", None, 200),
    ("GET", f"{SITE}/compare/v1.0.0...mona:main?per_page=2&page=2", None, 200),
    ("GET", f"{SITE}/compare/main...nothing", None, 404),
    ("POST", f"{SITE}/pulls", {"title": "P", "head": "mona:main", "base": "fix/health"}, 201),
    ("DELETE", f"{SITE}/git/refs/heads/fix/health", None, 204),
    ("GET", "/search/repositories?q=acme", None, 200),
    ("GET", "/search/repositories?q=", None, 422),
    ("GET", "/search/issues?q=umlauts", None, 200),
    ("GET", "/search/issues?q=repo:globex/vault", None, 422),
    ("GET", "/search/code?q=tokens", None, 200),
    ("GET", "/rate_limit", None, 200),
    ("POST", "/app/installations/7/access_tokens", None, 401),
]
"""Sent in this order; later requests depend on the effects of earlier ones."""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with simulator_in_thread(tmp_path_factory.mktemp("github")) as running:
        yield running


@pytest.fixture(scope="module")
def github(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {SIMULATED_TOKEN}", "User-Agent": "tests"}
    with httpx2.Client(base_url=simulator.url, headers=headers) as client:
        yield client


def template_of(method: str, path: str) -> str:
    """The route template of the simulator that serves a path."""
    for table in TABLES:
        for verb, template, _ in table.TABLE:
            pattern = re.sub(r"\{[^}:]*(:path)?\}", lambda match: ".+" if match[1] else "[^/]+", template)
            if verb == method and re.fullmatch(pattern, path.partition("?")[0]):
                return template.replace(":path", "")
    return path


@pytest.fixture(scope="module")
def known() -> GitHubDescription:
    return description()


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


def test_every_response_fits_githubs_openapi_description(
    github: httpx2.Client, simulator: RunningSimulator, known: GitHubDescription
) -> None:
    site = simulator.simulator.world.repositories["acme/website"]
    head = site.git.branches()["main"]
    site.git.set_ref("refs/heads/protected", head)
    site.protections["protected"] = Protection(
        approvals=1, checks={"test": 15368, "lint": None}, conversations=True, restricted=True
    )
    rules = [("pull_request", PULL_REQUEST_RULE), ("required_linear_history", {}), ("merge_queue", MERGE_QUEUE_RULE)]
    site.rulesets.append(Ruleset(9, "Main", frozenset({"protected"}), rules))
    names = {
        "run": str(site.runs[0].id),
        "job": str(site.runs[0].jobs[1].id),
        "deployment": str(site.runs[2].id),
        "unstarted": str(site.runs[2].jobs[2].id),
        "head": head,
        "fixed": site.git.branches()["fix/health"],
        "thread": str(next(one.pull.threads[0].id for one in site.issues.values() if one.pull and one.pull.threads)),
        "tree": site.git.commit(head).tree.decode(),
        "blob": site.git.files(head)["README.md"][1],
    }

    parts = simulator.simulator.world.repositories["acme/payments"].issues
    ids = {"child": parts[3].id, "sibling": parts[2].id}

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        if isinstance(value, str) and value.strip("{}") in ids:
            return ids[value.strip("{}")]
        return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], value) if isinstance(value, str) else value

    problems = []
    for method, path, body, status in ASKED:
        template = template_of(method, filled(path))
        response = github.request(method, filled(path), json=filled(body))
        found = response.json() if response.content else None
        if isinstance(found, dict) and "workflow_run_id" in found:
            names["dispatched"] = str(found["workflow_run_id"])
        if response.status_code != status:
            problems.append(f"{method} {path}: {response.status_code} instead of {status}: {response.text[:200]}")
        problems += [f"{method} {path}: {one}" for one in known.problems(method, template, response.status_code, found)]
    assert problems == []


def test_every_route_of_the_simulator_is_checked() -> None:
    checked = {(method, template_of(method, re.sub(r"\{\w+\}", "1", path))) for method, path, _, _ in ASKED}
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
