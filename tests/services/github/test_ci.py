"""CI of a commit and of a pull request: checks with the ids of their runs and jobs, and logs of what failed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Step
from tests.fixtures.calls import call, refusal

from .scene import SITE, Hub, plain

DEPLOYMENT = 2
"""The seeded run whose jobs lack their logs for every reason."""


@pytest.fixture
def site(hub: Hub) -> Repository:
    return hub.simulator.world.repositories["acme/website"]


def add_run(hub: Hub, *jobs: Job, **changes: Any) -> Run:
    """A run for the head of pull request 3."""
    world = hub.simulator.world
    site = world.repositories["acme/website"]
    sha = site.git.branches()["feature/ranking"]
    run = Run(world.new_id(), "Other", "feature/ranking", sha, world.now(), list(jobs), **changes)
    site.runs.append(run)
    return run


def job(hub: Hub, name: str = "job", **changes: Any) -> Job:
    return Job(hub.simulator.world.new_id(), name, changes.pop("steps", []), **changes)


async def test_why_ci_failed_and_a_rerun_take_two_calls(site: Repository, writer: Client) -> None:
    logs = await call(writer, "get_job_logs", pull_number=3, **SITE)
    (log,) = logs["logs"]
    assert (log["name"], log["failed_steps"]) == ("test", ["Run make test"])
    assert logs["head_sha"] == site.runs[0].head_sha
    again = await call(writer, "rerun_failed_jobs", run_id=log["run_id"], **SITE)
    assert again == {"run_id": site.runs[0].id, "attempt": 2}
    after = await call(writer, "get_job_logs", pull_number=3, **SITE)
    assert after["notice"].startswith("No run of #3 failed.")
    assert after["logs"] == []


async def test_checks_have_the_ids_of_runs_and_jobs(hub: Hub, site: Repository, writer: Client) -> None:
    found = await call(writer, "get_check_runs", pull_number=3, **SITE)
    assert found["ref"] == site.runs[0].head_sha
    failed = found["checks"][0]
    assert (failed["run_id"], failed["job_id"]) == (site.runs[0].id, site.runs[0].jobs[1].id)
    assert "id" not in failed
    log = await call(writer, "get_job_logs", job_id=failed["job_id"], **SITE)
    assert log["logs"][0]["run_id"] == failed["run_id"]
    assert hub.requests("GET", "*/actions/runs") == 0, "the check itself names the run"


async def test_checks_of_the_default_branch_need_no_ref(writer: Client) -> None:
    found = await call(writer, "get_check_runs", **SITE)
    assert (found["ref"], found["failed"]) == ("main", ["migrate", "train", "notify"])
    assert "either ref or pull_number" in await refusal(writer, "get_check_runs", ref="main", pull_number=3, **SITE)
    assert "no pull request #99 in acme/website" in await refusal(writer, "get_check_runs", pull_number=99, **SITE)


@pytest.mark.parametrize(
    ("change", "run_known", "job_known"),
    [
        ({}, True, True),
        ({"details_url": None}, True, True),
        ({"html_url": None}, True, True),
        ({"details_url": None, "html_url": None}, True, False),  # its check suite names the run
        (
            {"details_url": "https://ghe.example/acme/website/runs/5?check_suite_focus=true", "html_url": None},
            True,
            False,
        ),
        ({"details_url": None, "html_url": None, "check_suite": None}, False, False),
        ({"details_url": "https://ci.example/actions/runs/1/job/2", "app": {"slug": "other-ci"}}, False, False),
        ({"details_url": None, "html_url": None, "app": None}, False, False),
    ],
)
async def test_ids_are_unknown_where_github_shows_none(
    hub: Hub, site: Repository, writer: Client, change: dict[str, Any], run_known: bool, job_known: bool
) -> None:
    run = site.runs[0]
    page = f"https://github.com/acme/website/actions/runs/{run.id}/job/{run.jobs[1].id}"
    check = {
        "id": run.jobs[1].id,
        "name": "test",
        "head_sha": run.head_sha,
        "status": "completed",
        "conclusion": "failure",
        "details_url": page,
        "html_url": page,
        "check_suite": {"id": run.suite_id},
        "app": {"slug": "github-actions"},
        **change,
    }
    body = json.dumps({"total_count": 1, "check_runs": [check]})
    hub.misbehave("answer", path="*/check-runs", status=200, body=body)
    (found,) = (await call(writer, "get_check_runs", pull_number=3, **SITE))["checks"]
    assert found.get("run_id") == (run.id if run_known else None)
    assert found.get("job_id") == (run.jobs[1].id if job_known else None)
    assert ("id" in found) == (not job_known)


async def test_every_absent_log_has_its_own_reason(hub: Hub, site: Repository, writer: Client) -> None:
    run = site.runs[DEPLOYMENT]
    run.jobs += [
        job(hub, "waits", status="queued"),
        job(hub, "approval", status="waiting"),
        job(hub, "runs", status="in_progress", steps=[Step("Run it", None, [])]),
    ]
    hub.misbehave("error", path=f"*/jobs/{run.jobs[1].id}/logs", status=403)
    found = await call(writer, "get_job_logs", run_id=run.id, failed_only=False, **SITE)
    reasons = {one["part"].partition(", ")[2]: one["reason"] for one in found["missing"]}
    assert found["logs"] == []
    for part, words in {
        "migrate (failure)": "GitHub forbids this",
        "train (failure)": "never started: it failed before its first step. GitHub says: <user_content",
        "notify (cancelled)": "was cancelled before its first step began",
        "build (success)": "logs expire",
        "publish (skipped)": "was skipped",
        "waits (queued)": "is queued for a runner with the labels ubuntu-latest",
        "approval (waiting)": "waits, such as for an approval",
        "runs (in_progress)": "still runs",
    }.items():
        assert words in reasons[part], part
    assert "no runner with the label gpu was found" in reasons["train (failure)"]
    for unstarted in run.jobs[-4:]:
        assert hub.requests("GET", f"*/jobs/{unstarted.id}/logs") == 0, "what certainly has no log is not read"


@pytest.mark.parametrize("place", range(5))
async def test_one_job_without_a_log_is_an_answer(hub: Hub, site: Repository, writer: Client, place: int) -> None:
    one = site.runs[DEPLOYMENT].jobs[place]
    found = await call(writer, "get_job_logs", job_id=one.id, **SITE)
    assert len(found["logs"]) == (one.name == "migrate")
    assert len(found.get("missing", [])) == (one.name != "migrate")
    assert hub.requests("POST") == 0


async def test_a_log_is_shown_without_the_details_of_its_job(hub: Hub, site: Repository, writer: Client) -> None:
    failed = site.runs[0].jobs[1]
    hub.misbehave("error", path=f"*/actions/jobs/{failed.id}", status=403)
    found = await call(writer, "get_job_logs", job_id=failed.id, tail_lines=3, **SITE)
    assert "##[error]" in plain(found["logs"][0]["text"])
    assert found["missing"][0]["part"] == f"name, result and steps of job {failed.id}"


async def test_the_failed_job_comes_before_the_cancelled_one(hub: Hub, writer: Client) -> None:
    stopped = job(hub, "stopped", steps=[Step("Work", "success", ["a"])], result="cancelled")
    failed = job(hub, "failed", steps=[Step("Tidy", "cancelled", []), Step("Work", "failure", ["it broke"])])
    run = add_run(hub, stopped, failed)
    found = await call(writer, "get_job_logs", run_id=run.id, **SITE)
    assert [one["name"] for one in found["logs"]] == ["failed", "stopped"]
    assert found["logs"][0]["failed_steps"] == ["Work", "Tidy"]
    assert "it broke" in plain(found["logs"][0]["text"])


async def test_only_the_latest_run_of_a_workflow_counts(hub: Hub, site: Repository, writer: Client) -> None:
    old = site.runs[0]
    add_run(hub, job(hub, "test", steps=[Step("Run make test", "success", ["fine"])]), path=old.path)
    found = await call(writer, "get_job_logs", pull_number=3, **SITE)
    assert (found["logs"], found["notice"].split(".")[0]) == ([], "No run of #3 failed")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("startup_failure", "its workflow file is invalid"),
        ("action_required", "waits for the approval of a maintainer"),
        ("cancelled", "was cancelled before its first job began"),
    ],
)
async def test_a_run_without_jobs_says_why(hub: Hub, writer: Client, result: str, words: str) -> None:
    run = add_run(hub, result=result, path=".github/workflows/other.yml")
    alone = await call(writer, "get_job_logs", run_id=run.id, **SITE)
    assert alone["logs"] == []
    of_pull = await call(writer, "get_job_logs", pull_number=3, **SITE)
    assert len(of_pull["logs"]) == 1
    for found in (alone, of_pull):
        (missing,) = found["missing"]
        assert missing["part"] == f"jobs of run {run.id}, Other ({result})"
        assert words in missing["reason"]


async def test_a_run_whose_jobs_cannot_be_read_is_missing(hub: Hub, site: Repository, writer: Client) -> None:
    run = add_run(hub, job(hub, "x", result="failure"), path=".github/workflows/other.yml")
    hub.misbehave("error", path=f"*/runs/{run.id}/jobs", status=403)
    found = await call(writer, "get_job_logs", pull_number=3, **SITE)
    assert [log["run_id"] for log in found["logs"]] == [site.runs[0].id]
    assert found["missing"][0]["part"] == f"jobs of run {run.id}, Other (failure)"


async def test_a_pull_request_without_runs_is_said(site: Repository, writer: Client) -> None:
    site.runs.clear()
    found = await call(writer, "get_job_logs", pull_number=3, **SITE)
    assert "has no run for the head of #3" in found["notice"]
    assert "not several" in await refusal(writer, "get_job_logs", pull_number=3, run_id=1, **SITE)


async def test_a_log_older_than_its_expiry_has_expired(hub: Hub, writer: Client) -> None:
    old = job(hub, "old", steps=[Step("Work", "failure", [])], log_status=404)
    run = add_run(hub, old)
    run.created_at -= timedelta(days=100)
    found = await call(writer, "get_job_logs", run_id=run.id, **SITE)
    assert "logs expire" in found["missing"][0]["reason"]
