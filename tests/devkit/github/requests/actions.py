"""Requests about workflows, runs, jobs and checks."""

from devkit.simulators.github.world import World

from .request import SITE, Asked, Names

STAGING = {"environment": "staging"}
DISPATCH = {"ref": "main", "inputs": STAGING, "return_run_details": True}

ASKED: list[Asked] = [
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
    ("GET", f"{SITE}/commits/main/status", None, 200),
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
]


def prepare(world: World) -> Names:
    """Runs, one of which waits, and their jobs. `dispatched` comes from a response."""
    failed, _, waiting = world.repositories["acme/website"].runs[:3]
    return {
        "run": failed.id, "job": failed.jobs[1].id, "deployment": waiting.id, "unstarted": waiting.jobs[2].id,
    }  # fmt: skip
