"""Workflow runs on another server of GitHub's API, with sparse responses."""

from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.repositories import Repository
from tests.fixtures.calls import call, walk
from tests.services.github.scene import Hub

from .other_server import BEGINNING, WIDGET


async def test_workflow_runs_and_logs_of_a_pull_request(widget: Repository, client: Client) -> None:
    run = widget.runs[0]
    (found,) = await walk(client, "list_workflow_runs", pull_number=6, **WIDGET)
    assert found["id"] == run.id
    whole = await call(client, "get_workflow_run", run_id=run.id, **WIDGET)
    assert (len(whole["jobs"]), "first 100 of 120 jobs" in whole["notice"]) == (100, True)
    logs = await call(client, "get_job_logs", pull_number=6, **WIDGET)
    assert [log["run_id"] for log in logs["logs"]] == [run.id]
    checks = await call(client, "get_check_runs", pull_number=6, **WIDGET)
    assert (checks["checks"][0]["id"], "job_id" in checks["checks"][0]) == (run.jobs[110].id, False)
    cancelled = next(job for job in run.jobs if job.name == "job 7")
    cancelled.result, cancelled.log_status = "cancelled", 404
    (missing,) = (await call(client, "get_job_logs", job_id=cancelled.id, **WIDGET))["missing"]
    assert "or was cancelled or skipped before its first step" in missing["reason"]


async def test_a_workflow_is_started_where_its_run_is_not_named(other: Hub, widget: Repository, client: Client) -> None:
    git, head = widget.git, widget.git.branches()["trunk"]
    text = b"on: workflow_dispatch\njobs:\n  work:\n    steps: []\n"
    changes = {".github/workflows/by-hand.yml": (FILE_MODE, git.add_blob(text))}
    tree = git.add_tree(changes, git.commit(head).tree.decode())
    git.set_ref("refs/heads/trunk", git.add_commit(tree, [head], "Work", "A <a@example.com>", BEGINNING))
    found = await call(client, "dispatch_workflow", workflow="by-hand.yml", **WIDGET)
    assert found["run_id"] == widget.runs[-1].id
    assert other.requests("POST", "*/dispatches") == 1
    await call(client, "cancel_workflow_run", run_id=found["run_id"], **WIDGET)
    assert widget.runs[-1].conclusion() == "cancelled"
    await call(client, "rerun_workflow_run", run_id=found["run_id"], **WIDGET)
    assert widget.runs[-1].attempt == 2
