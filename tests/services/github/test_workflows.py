"""Workflow runs: listed, inspected, repeated, cancelled, and started by hand."""

from datetime import timedelta
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Step
from tests.fixtures.calls import call, refusal, walk

from .scene import SITE, Hub, key, new_caller, plain

CI, HEALTH, DEPLOYMENT = range(3)
"""The seeded runs of acme/website, oldest first."""
DEPLOY = {"workflow": "deploy.yml", "inputs": {"environment": "staging"}, **SITE}


@pytest.fixture
def site(hub: Hub) -> Repository:
    return hub.simulator.world.repositories["acme/website"]


def running(hub: Hub, run: Run) -> Run:
    """The same run, with a job that still runs."""
    run.jobs.append(Job(hub.simulator.world.new_id(), "slow", [Step("Work", None, [])], status="in_progress"))
    return run


def write_workflow(site: Repository, triggers: str, name: str = "manual.yml", branch: str = "main") -> None:
    """Commit a workflow file with these triggers."""
    git = site.git
    parent = git.branches()[branch]
    text = f"name: Manual\n{triggers}\njobs:\n  work:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
    changes = {f".github/workflows/{name}": (FILE_MODE, git.add_blob(text.encode()))}
    tree = git.add_tree(changes, git.commit(parent).tree.decode())
    sha = git.add_commit(tree, [parent], "Add a workflow", "Ann <ann@example.com>", site.pushed_at)
    git.set_ref(f"refs/heads/{branch}", sha)


async def test_workflows_are_listed(writer: Client) -> None:
    found = await walk(writer, "list_workflows", limit=1, **SITE)
    assert [one["name"] for one in found] == ["CI", "Deploy"]
    assert found[1]["path"] == ".github/workflows/deploy.yml"


@pytest.mark.parametrize(
    ("asked", "runs"),
    [
        ({}, [DEPLOYMENT, HEALTH, CI]),
        ({"workflow": "ci.yml"}, [HEALTH, CI]),
        ({"workflow": ".github/workflows/deploy.yml"}, [DEPLOYMENT]),
        ({"workflow": "deploy"}, [DEPLOYMENT]),
        ({"branch": "main"}, [DEPLOYMENT]),
        ({"event": "push"}, [HEALTH, CI]),
        ({"status": "failure"}, [DEPLOYMENT, CI]),
        ({"status": "success"}, [HEALTH]),
        ({"status": "Failure", "workflow": "ci.yml"}, [CI]),
        ({"actor": "mona"}, [DEPLOYMENT]),
        ({"event": "Workflow Dispatch"}, [DEPLOYMENT]),
        ({"pull_number": 3}, [CI]),
        ({"pull_number": 4, "status": "failure"}, []),
    ],
)
async def test_runs_are_found_by_every_filter(
    shared_hub: Hub, reader: Client, asked: dict[str, Any], runs: list[int]
) -> None:
    site = shared_hub.simulator.world.repositories["acme/website"]
    found = await walk(reader, "list_workflow_runs", limit=1, **asked, **SITE)
    assert [one["id"] for one in found] == [site.runs[number].id for number in runs]


async def test_runs_of_a_fork_with_the_same_branch_are_left_out(site: Repository, writer: Client) -> None:
    own = site.runs[CI]
    site.runs.append(Run(1, "CI", own.head_branch, own.head_sha, own.created_at, [], head_full_name="drifter/website"))
    found = await call(writer, "list_workflow_runs", pull_number=3, **SITE)
    assert [one["id"] for one in found["items"]] == [own.id]
    by_sha = await call(writer, "list_workflow_runs", head_sha=own.head_sha, **SITE)
    assert len(by_sha["items"]) == 2


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"workflow": "deplyo.yml"}, "There is no workflow `deplyo.yml` (workflow). Nearest: deploy.yml"),
        ({"branch": "mian"}, "There is no branch, tag or commit `mian` (branch). Nearest: main"),
        ({"actor": "noone"}, "There is no user `noone` (actor)"),
        ({"head_sha": "1" * 40}, "(head_sha)"),
        ({"event": "pullrequest"}, "There is no event `pullrequest` (event). Nearest: pull_request"),
        ({"branch": "main", "pull_number": 3}, "not both"),
        ({"pull_number": 99}, "no pull request #99"),
    ],
)
async def test_an_unknown_name_in_a_filter_is_refused(reader: Client, asked: dict[str, Any], words: str) -> None:
    assert words in await refusal(reader, "list_workflow_runs", **asked, **SITE)


async def test_a_run_shows_jobs_steps_artifacts_and_attempts(site: Repository, writer: Client) -> None:
    run = site.runs[CI]
    await call(writer, "rerun_failed_jobs", run_id=run.id, **SITE)
    found = await call(writer, "get_workflow_run", run_id=run.id, **SITE)
    assert (found["run"]["attempt"], found["run"]["conclusion"]) == (2, "success")
    assert [(one["attempt"], one["conclusion"]) for one in found["earlier_attempts"]] == [(1, "failure")]
    (artifact,) = found["artifacts"]
    assert (artifact["name"], artifact["bytes"], artifact["expired"]) == ("coverage", 48_211, False)
    assert artifact["expires_at"] > artifact["created_at"]
    assert [one["name"] for one in found["jobs"]] == ["lint", "test"]
    assert all("steps" not in one for one in found["jobs"]), "they succeeded"
    first = await call(writer, "get_workflow_run", run_id=run.id, attempt=1, **SITE)
    assert (first["run"]["conclusion"], first["earlier_attempts"]) == ("failure", [])
    failed = next(one for one in first["jobs"] if one["conclusion"] == "failure")
    step = {"name": "Run make test", "result": "failure", "seconds": 9}
    assert step in failed["steps"]
    whole = await call(writer, "get_workflow_run", run_id=run.id, all_steps=True, **SITE)
    assert all(one["steps"] for one in whole["jobs"])


async def test_an_attempt_that_does_not_exist_is_refused(site: Repository, writer: Client) -> None:
    words = await refusal(writer, "get_workflow_run", run_id=site.runs[CI].id, attempt=7, **SITE)
    assert f"no run {site.runs[CI].id} in acme/website, attempt 7" in words


@pytest.mark.parametrize(("path", "part"), [("*/jobs", "jobs"), ("*/artifacts", "artifacts")])
async def test_a_part_of_a_run_that_is_forbidden_is_missing(
    hub: Hub, site: Repository, writer: Client, path: str, part: str
) -> None:
    hub.misbehave("error", path=path, status=403)
    found = await call(writer, "get_workflow_run", run_id=site.runs[CI].id, **SITE)
    assert [one["part"] for one in found["missing"]] == [part]
    assert "notice" not in found


async def test_a_run_without_jobs_says_why_in_its_details(site: Repository, writer: Client) -> None:
    run = site.runs[CI]
    run.jobs.clear()
    run.result = "startup_failure"
    found = await call(writer, "get_workflow_run", run_id=run.id, **SITE)
    assert "its workflow file is invalid" in found["notice"]
    assert "cannot be run again" in await refusal(writer, "rerun_workflow_run", run_id=run.id, **SITE)


async def test_a_whole_run_and_one_job_are_run_again(site: Repository, writer: Client) -> None:
    run = site.runs[CI]
    whole = await call(writer, "rerun_workflow_run", run_id=run.id, **SITE)
    assert whole == {"run_id": run.id, "attempt": 2}
    assert {one.attempt for one in run.jobs_of()} == {2}
    one = await call(writer, "rerun_workflow_run", job_id=run.jobs_of()[0].id, **SITE)
    assert one == {"run_id": run.id, "attempt": 3}
    assert sorted(one.attempt for one in run.jobs_of()) == [2, 3]
    assert "not both" in await refusal(writer, "rerun_workflow_run", **SITE)
    assert "no job 999 in" in await refusal(writer, "rerun_workflow_run", job_id=999, **SITE)


@pytest.mark.parametrize("tool", ["rerun_failed_jobs", "rerun_workflow_run"])
async def test_a_rerun_that_github_would_refuse_is_refused_in_words(
    hub: Hub, site: Repository, writer: Client, tool: str
) -> None:
    old, unfinished = site.runs[CI], running(hub, site.runs[HEALTH])
    old.created_at -= timedelta(days=31)
    words = await refusal(writer, tool, run_id=old.id, **SITE)
    assert "GitHub runs a run again for 30 days only" in words
    words = await refusal(writer, tool, run_id=unfinished.id, **SITE)
    assert f"Run {unfinished.id} has not ended (in_progress)" in words
    assert "cancel_workflow_run" in words
    assert hub.requests("POST") == 0


async def test_a_run_without_failed_jobs_has_none_to_rerun(hub: Hub, site: Repository, writer: Client) -> None:
    words = await refusal(writer, "rerun_failed_jobs", run_id=site.runs[HEALTH].id, **SITE)
    assert "No job of run" in words
    assert hub.requests("POST") == 0


@pytest.mark.parametrize("force", [False, True])
async def test_a_running_run_is_cancelled(hub: Hub, site: Repository, writer: Client, force: bool) -> None:
    run = running(hub, site.runs[HEALTH])
    found = await call(writer, "cancel_workflow_run", run_id=run.id, force=force, **SITE)
    assert found == {"run_id": run.id, "state": "cancelling"}
    assert run.conclusion() == "cancelled"
    assert hub.requests("POST", "*/force-cancel") == force


async def test_a_run_that_has_ended_is_not_cancelled(hub: Hub, site: Repository, writer: Client) -> None:
    run = site.runs[CI]
    words = await refusal(writer, "cancel_workflow_run", run_id=run.id, **SITE)
    assert words == f"Run {run.id} has ended already (failure): there is nothing to cancel."
    assert hub.requests("POST") == 0
    unfinished = running(hub, site.runs[HEALTH])
    hub.misbehave("answer", method="POST", path="*/cancel", status=409, body='{"message": "It is completed."}')
    assert "It is completed" in await refusal(writer, "cancel_workflow_run", run_id=unfinished.id, **SITE)


async def test_a_cancellation_with_a_lost_response_is_found(hub: Hub, site: Repository, writer: Client) -> None:
    asked = {"run_id": running(hub, site.runs[HEALTH]).id, "idempotency_key": key(), **SITE}
    hub.misbehave("truncated", method="POST", path="*/cancel")
    assert "unknown" in await refusal(writer, "cancel_workflow_run", **asked)
    assert (await call(writer, "cancel_workflow_run", **asked))["state"] == "cancelled"
    assert hub.requests("POST", "*/cancel") == 1


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
