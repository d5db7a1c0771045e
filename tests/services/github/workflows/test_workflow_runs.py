"""Workflows and their runs: listed by every filter, and shown with jobs, steps, artifacts and attempts."""

from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Run
from tests.fixtures.calls import call, refusal, walk
from tests.services.github.scene import SITE, Hub

from .seeded_runs import CI, DEPLOYMENT, HEALTH


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
