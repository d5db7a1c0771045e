"""Workflow runs are run again and cancelled, where GitHub would do so."""

from datetime import timedelta

import pytest
from mcp.client import Client

from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Step
from tests.fixtures.calls import call, refusal
from tests.services.github.scene import SITE, Hub, key

from .seeded_runs import CI, HEALTH


def running(hub: Hub, run: Run) -> Run:
    """The same run, with a job that still runs."""
    run.jobs.append(Job(hub.simulator.world.new_id(), "slow", [Step("Work", None, [])], status="in_progress"))
    return run


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
