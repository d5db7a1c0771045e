"""A preview of a merge says what is unknown or may be bypassed, and refuses nothing that GitHub would merge."""

import json

import pytest
from mcp.client import Client

from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.records.protection import Protection
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.world import SIMULATED_TOKEN
from tests.fixtures.calls import call, confirmed, preview, refusal
from tests.services.github.scene import Hub

from .merges import HEALTH, PULL_RULE, add_review, both, commit_to, in_ruleset, merge_of


async def test_forbidden_part_of_graphql_is_unknown(hub: Hub, site: Repository, writer: Client) -> None:
    """A fine-grained token without the right to read checks."""
    pull = {
        "mergeStateStatus": "BLOCKED", "reviewDecision": "APPROVED", "isMergeQueueEnabled": False,
        "viewerCanMergeAsAdmin": False, "commits": None, "latestOpinionatedReviews": {"nodes": []},
        "reviewThreads": {"totalCount": 0, "nodes": []}, "files": {"totalCount": 1, "nodes": [{"path": "a"}]},
        "baseRef": {
            "refUpdateRule": {"requiredStatusCheckContexts": ["test"]}, "branchProtectionRule": None,
            "rules": {"nodes": []},
        },
    }  # fmt: skip
    methods = dict.fromkeys(("mergeCommitAllowed", "squashMergeAllowed", "rebaseMergeAllowed"), True)
    data = {"repository": {"isArchived": False, "viewerCanAdminister": False, **methods, "pullRequest": pull}}
    error = {
        "type": "FORBIDDEN",
        "path": ["repository", "pullRequest", "commits"],
        "message": "Resource not accessible",
    }
    body = json.dumps({"data": data, "errors": [error]})
    hub.misbehave("answer", path="*/graphql", status=200, body=body, times=9)
    hub.misbehave("error", path="*/check-runs", status=403, times=9)
    shown, _ = await preview(writer, "merge_pull_request", **merge_of(site))
    assert shown["unmet"] == ["GitHub says that the merge is blocked, and does not show this server why"]
    assert "whether the required checks pass: test" in shown["unknown"]


async def test_person_is_shown_what_may_be_bypassed(site: Repository, writer: Client) -> None:
    site.admins = None
    site.protections["main"] = Protection(approvals=1)
    shown, code = await preview(writer, "merge_pull_request", **merge_of(site))
    assert "NOT MET: it has 0 of 1 required approving review (this server's account may bypass" in shown["effect"]
    assert shown["unmet"] == ["it has 0 of 1 required approving review"]
    assert (await call(writer, "github_confirm_action", code=code))["number"] == HEALTH


@both
async def test_bypass_list_of_a_ruleset_counts(site: Repository, writer: Client) -> None:
    in_ruleset(site, "pull_request", bypass="mona", **PULL_RULE)
    assert await confirmed(writer, "merge_pull_request", **merge_of(site))


async def test_preview_says_that_requirements_are_met(hub: Hub, site: Repository, writer: Client) -> None:
    site.protections["main"] = Protection(approvals=1, checks={"test": None, "lint": None})
    add_review(hub, site, HEALTH, "mona", "APPROVED")
    before = hub.requests()
    shown, _ = await preview(writer, "merge_pull_request", **merge_of(site))
    assert shown["effect"].endswith("Every requirement that this server sees is met.")
    assert hub.requests() - before <= 3


async def test_part_that_github_hides_is_unknown(hub: Hub, site: Repository, writer: Client) -> None:
    site.protections["main"] = Protection(approvals=1, conversations=True)
    hub.misbehave("error", path="*/graphql", status=404, times=99)
    add_review(hub, site, HEALTH, "mona", "APPROVED")
    shown, _ = await preview(writer, "merge_pull_request", **merge_of(site))
    assert any("branch protection of main" in one for one in shown["unknown"])
    assert any("review conversations" in one for one in shown["unknown"])


@pytest.mark.parametrize("path", ["*/rules/branches/*", "*/branches/main", "*/reviews", "*/check-runs", "*/files"])
async def test_failing_part_never_prevents_a_merge(hub: Hub, site: Repository, writer: Client, path: str) -> None:
    hub.misbehave("error", path="*/graphql", status=404, times=99)
    hub.misbehave("error", path=path, status=403, times=99)
    shown, code = await preview(writer, "merge_pull_request", **merge_of(site))
    assert "Unknown: " in shown["effect"]
    assert (await call(writer, "github_confirm_action", code=code))["number"] == HEALTH


async def test_refusal_by_github_has_the_same_words(hub: Hub, site: Repository, writer: Client) -> None:
    site.protections["main"] = Protection(approvals=1)
    hub.misbehave("error", path="*/graphql", status=404, times=99)
    shown, code = await preview(writer, "merge_pull_request", **merge_of(site))
    assert "NOT MET: GitHub says that the merge is blocked, and does not show this server why" in shown["effect"]
    words = await refusal(writer, "github_confirm_action", code=code)
    assert "cannot be merged yet: it needs 1 approving review(s) of people with write access" in words
    assert "At least 1 approving review is required by reviewers with write access" in words


async def test_server_that_may_only_read_is_said(hub: Hub, site: Repository, writer: Client) -> None:
    _, code = await preview(writer, "merge_pull_request", **merge_of(site))
    hub.misbehave("error", path="*/merge", status=404)
    assert "its credential may read there, but not write" in await refusal(writer, "github_confirm_action", code=code)


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        (frozenset({"repo"}), "credential does not have"),
        (frozenset({"repo", "workflow"}), ""),
        (None, "GitHub does not show whether this server's credential has it"),
    ],
)
async def test_workflow_permission_is_checked(
    hub: Hub, site: Repository, writer: Client, scopes: frozenset[str] | None, words: str
) -> None:
    mona = hub.simulator.world.accounts["mona"]
    hub.simulator.world.identities[SIMULATED_TOKEN] = Identity(mona, scopes=scopes)
    commit_to(site, "fix/health", ".github/workflows/release.yml")
    shown, _ = await preview(writer, "merge_pull_request", **merge_of(site))
    assert words in " ".join(shown["unknown"])
    assert bool(shown["unknown"]) == bool(words)
    if words:
        assert ".github/workflows/release.yml, which needs the `workflow` permission" in shown["effect"]
