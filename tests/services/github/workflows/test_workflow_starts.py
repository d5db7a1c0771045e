"""Workflows are started by hand, once, with inputs that their file takes."""

from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.repositories import Repository
from tests.fixtures.calls import call, refusal
from tests.services.github.scene import SITE, Hub, key, new_caller, plain

DEPLOY = {"workflow": "deploy.yml", "inputs": {"environment": "staging"}, **SITE}


def write_workflow(site: Repository, triggers: str, name: str = "manual.yml", branch: str = "main") -> None:
    """Commit a workflow file with these triggers."""
    git = site.git
    parent = git.branches()[branch]
    text = f"name: Manual\n{triggers}\njobs:\n  work:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
    changes = {f".github/workflows/{name}": (FILE_MODE, git.add_blob(text.encode()))}
    tree = git.add_tree(changes, git.commit(parent).tree.decode())
    sha = git.add_commit(tree, [parent], "Add a workflow", "Ann <ann@example.com>", site.pushed_at)
    git.set_ref(f"refs/heads/{branch}", sha)


@pytest.mark.parametrize(
    ("asked", "inputs"),
    [
        ({"inputs": {"environment": "staging"}}, {"environment": "staging", "dry_run": "false"}),
        ({"inputs": {"environment": "Production", "dry_run": True}}, {"environment": "production", "dry_run": "true"}),
        (
            {"workflow": "Deploy", "inputs": '{"environment": "staging"}'},
            {"environment": "staging", "dry_run": "false"},
        ),
        (
            {"ref": "main", "inputs": {"environment": "staging", "dry_run": "TRUE"}},
            {"environment": "staging", "dry_run": "true"},
        ),
    ],
)
async def test_a_workflow_is_started_with_its_inputs(
    site: Repository, writer: Client, asked: dict[str, Any], inputs: dict[str, str]
) -> None:
    found = await call(writer, "dispatch_workflow", **{**DEPLOY, **asked})
    run = site.runs[-1]
    assert (found["run_id"], found["workflow"], found["ref"]) == (run.id, "deploy.yml", "main")
    assert run.inputs == inputs
    assert str(run.id) in found["url"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"inputs": {}},
            "inputs must have `environment`: deploy.yml requires it. deploy.yml takes: environment (one of",
        ),
        ({"inputs": {"enviroment": "staging"}}, "There is no input of deploy.yml `enviroment` (inputs). Nearest: env"),
        ({"inputs": {"environment": "stagng"}}, "There is no option `stagng` (inputs.environment). Nearest: staging"),
        ({"inputs": {"environment": "staging", "dry_run": "perhaps"}}, "inputs.dry_run must be true or false"),
        ({"workflow": "ci.yml", "inputs": {}}, "ci.yml cannot be started by hand: it has no trigger workflow_dispatch"),
        ({"workflow": "nothing.yml"}, "There is no workflow `nothing.yml` (workflow)"),
        ({"ref": "nowhere"}, "There is no branch, tag or commit `nowhere` (ref)"),
    ],
)
async def test_a_start_that_github_would_refuse_is_refused_in_words(
    hub: Hub, writer: Client, asked: dict[str, Any], words: str
) -> None:
    assert words in await refusal(writer, "dispatch_workflow", **{**DEPLOY, **asked})
    assert hub.requests("POST") == 0


async def test_a_disabled_workflow_is_not_started(site: Repository, writer: Client) -> None:
    site.disabled_workflows.add(".github/workflows/deploy.yml")
    words = await refusal(writer, "dispatch_workflow", **DEPLOY)
    assert words == "deploy.yml cannot be started: it is disabled_manually at GitHub."
    assert (await call(writer, "list_workflows", **SITE))["items"][1]["state"] == "disabled_manually"


async def test_a_ref_without_the_workflow_file_is_refused(site: Repository, writer: Client) -> None:
    write_workflow(site, "on: workflow_dispatch")
    words = await refusal(writer, "dispatch_workflow", workflow="manual.yml", ref="fix/health", **SITE)
    assert "There is no .github/workflows/manual.yml at fix/health" in words


@pytest.mark.parametrize(
    "triggers",
    [
        "on: workflow_dispatch",
        "on: [push, workflow_dispatch]",
        "on:\n- push\n- workflow_dispatch",
        "'on':\n  workflow_dispatch:\n  push: {branches: [main]}",
        "on: {workflow_dispatch: {inputs: {count: {type: number}}}}",
        "on:\n  # by hand\n\n  workflow_dispatch:\n    inputs:\n      count: {type: number, default: 1}",
        "env:\n  BIG: &big x\non:\n  workflow_dispatch:",
    ],
)
async def test_triggers_are_read_in_every_notation(site: Repository, writer: Client, triggers: str) -> None:
    write_workflow(site, triggers)
    asked = {"workflow": "manual.yml", **SITE}
    words = await refusal(writer, "dispatch_workflow", inputs={"other": 1}, **asked)
    assert "There is no input of manual.yml `other` (inputs)" in words
    if "count" in triggers:
        assert "inputs.count must be a number" in await refusal(
            writer, "dispatch_workflow", inputs={"count": "x"}, **asked
        )
        await call(writer, "dispatch_workflow", inputs={"count": 3}, **asked)
        assert site.runs[-1].inputs["count"] == "3"


@pytest.mark.parametrize(
    "triggers",
    [
        "on:\n  workflow_dispatch:\n    inputs: &inputs\n      level: {default: low}",  # an anchor
        "on:\n  workflow_dispatch:\n    inputs:\n      level:\n        type: choice\n        options: [on, off, 1.10]",
    ],
)
async def test_what_cannot_be_read_for_certain_is_left_to_github(
    hub: Hub, site: Repository, writer: Client, triggers: str
) -> None:
    write_workflow(site, triggers)
    hub.misbehave("answer", method="POST", path="*/dispatches", status=204, body="")
    found = await call(writer, "dispatch_workflow", workflow="manual.yml", inputs={"level": "off"}, **SITE)
    assert "run_id" not in found
    assert "list_workflow_runs" in found["notice"]


async def test_an_unreadable_file_is_left_to_github(hub: Hub, site: Repository, writer: Client) -> None:
    hub.misbehave("error", path="*/contents/*", status=403)
    words = await refusal(writer, "dispatch_workflow", **{**DEPLOY, "inputs": {"other": "x"}})
    assert "Unexpected inputs provided" in plain_reason(words)
    assert len(site.runs) == 3


def plain_reason(words: str) -> str:
    """GitHub's own words in a refusal."""
    return plain(words[words.index("<user_content") : words.index("</user_content>") + len("</user_content>")])


async def test_a_run_that_the_server_does_not_name_is_found(hub: Hub, site: Repository, writer: Client) -> None:
    body = '{"message": "Invalid request. \\"return_run_details\\" is not a permitted key."}'
    hub.misbehave("answer", method="POST", path="*/dispatches", status=422, body=body)
    found = await call(writer, "dispatch_workflow", **DEPLOY)
    assert found["run_id"] == site.runs[-1].id
    assert hub.requests("POST", "*/dispatches") == 2
    assert len(site.runs) == 4


@pytest.mark.parametrize("started", [True, False])
async def test_a_start_with_a_lost_response_happens_once(
    hub: Hub, site: Repository, writer: Client, started: bool
) -> None:
    asked = {**DEPLOY, "idempotency_key": key()}
    hub.misbehave("truncated" if started else "bad_gateway", method="POST", path="*/dispatches")
    assert "unknown" in await refusal(writer, "dispatch_workflow", **asked)
    found = await call(writer, "dispatch_workflow", **asked)
    assert found["run_id"] == site.runs[-1].id
    assert len(site.runs) == 4


async def test_another_replica_names_the_runs_that_a_lost_start_may_have_made(hub: Hub, site: Repository) -> None:
    ann, asked = new_caller(), {**DEPLOY, "idempotency_key": key()}
    hub.misbehave("truncated", method="POST", path="*/dispatches")
    async with hub.client(ann) as client:
        await refusal(client, "dispatch_workflow", **asked)
    async with hub.client(ann) as client:
        words = await refusal(client, "dispatch_workflow", **asked)
    assert "may have started one of these runs" in words
    assert str(site.runs[-1].id) in words
    assert len(site.runs) == 4
