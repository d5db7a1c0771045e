"""Tools for workflows and their runs."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.actions.workflow_names import WorkflowName
from github_mcp.models.actions.workflow_runs import RunSummary, Workflow, WorkflowRun
from github_mcp.models.changes import Cancelled, Rerun, StartedRun
from github_mcp.models.identifiers import (
    Branch,
    JobId,
    Login,
    Owner,
    Ref,
    Repo,
    RepositoryName,
    RunId,
    Sha,
)
from github_mcp.ports.workflows import Dispatches, RunControl, RunFilter, RunStatus, Workflows
from github_mcp.tools.checks import PullNumber
from servicekit.core import Refused
from servicekit.schema import CursorKey, FreeText, Identifier, Limit, Page


def _event(text: str) -> str:
    return text.strip().lower().replace(" ", "_").replace("-", "_")


Event = Annotated[
    str,
    Identifier(
        "the event that starts a run, such as pull_request", "pull_request", pattern=r"[a-z_]{2,40}", normalise=_event
    ),
    Field(description="Such as push or schedule."),
]
AttemptNumber = Annotated[int, Field(ge=1, le=1000, description="The latest if omitted.")]
AllSteps = Annotated[bool, Field(description="Steps of successful jobs too.")]
FailedJobsOnly = Annotated[bool, Field(description="Only failed jobs and those that need them.")]
Force = Annotated[bool, Field(description="Only where the run does not stop otherwise.")]
InputName = Annotated[str, Identifier("the name of an input, such as environment", "environment", max_length=100)]
InputValue = Annotated[str, FreeText(65_535, "Value.", shortest=0, blank=True)]
Inputs = Annotated[
    dict[InputName, InputValue | bool | int | float],
    Field(max_length=25, description="By name, as the workflow file declares them."),
]


class WorkflowTools:
    def __init__(self, workflows: Workflows, control: RunControl, dispatches: Dispatches) -> None:
        self._workflows = workflows
        self._control = control
        self._dispatches = dispatches

    async def list_workflows(
        self, owner: Owner, repo: Repo, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[Workflow]:
        """The workflows (CI pipelines, automations) that a repository has, with their files and whether they are
        active."""
        return await self._workflows.workflows(RepositoryName(owner, repo), limit, cursor)

    async def list_workflow_runs(
        self,
        owner: Owner,
        repo: Repo,
        workflow: WorkflowName | None = None,
        branch: Branch | None = None,
        event: Event | None = None,
        status: RunStatus | None = None,
        actor: Login | None = None,
        head_sha: Sha | None = None,
        pull_number: PullNumber | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[RunSummary]:
        """Runs of CI workflows (history of builds, deployments, nightly jobs), newest first: failed, queued or
        running."""
        if branch is not None and pull_number is not None:
            raise Refused("Give either branch or pull_number, which stands for the branch of a pull request; not both.")
        wanted = RunFilter(workflow, branch, event, status, actor, head_sha, pull_number)
        return await self._workflows.runs(RepositoryName(owner, repo), wanted, limit, cursor)

    async def get_workflow_run(
        self,
        owner: Owner,
        repo: Repo,
        run_id: RunId,
        attempt: AttemptNumber | None = None,
        all_steps: AllSteps = False,
    ) -> WorkflowRun:
        """One CI run in detail: its jobs with their steps and times, the artifacts it stored (size, expiry), and its
        earlier attempts."""
        return await self._workflows.run(RepositoryName(owner, repo), run_id, attempt, all_steps=all_steps)

    async def rerun_workflow_run(
        self,
        owner: Owner,
        repo: Repo,
        run_id: RunId | None = None,
        job_id: JobId | None = None,
        failed_only: FailedJobsOnly = False,
    ) -> Rerun:
        """Repeat (redo, restart) a whole CI run, or one job of it by job_id. GitHub allows it for 30 days."""
        repository = RepositoryName(owner, repo)
        if (run_id is None) == (job_id is None):
            raise Refused("Give either run_id, for a whole run, or job_id, for one job; not both.")
        if job_id is not None:
            return await self._control.rerun_job(repository, job_id)
        return await self._control.rerun(repository, run_id or 0, failed_only=failed_only)

    async def rerun_failed_jobs(self, owner: Owner, repo: Repo, run_id: RunId) -> Rerun:
        """Run the failed jobs of a CI run again (retry, restart), for example after a flaky test."""
        return await self._control.rerun(RepositoryName(owner, repo), run_id, failed_only=True)

    async def cancel_workflow_run(self, owner: Owner, repo: Repo, run_id: RunId, force: Force = False) -> Cancelled:
        """Stop (abort) a CI run that is queued or running."""
        return await self._control.cancel(RepositoryName(owner, repo), run_id, force=force)

    async def find_cancelled_run(self, owner: Owner, repo: Repo, run_id: RunId, **_: object) -> Cancelled | None:
        """The cancellation by an earlier attempt."""
        return await self._control.find_cancelled(RepositoryName(owner, repo), run_id)

    async def dispatch_workflow(
        self,
        owner: Owner,
        repo: Repo,
        workflow: WorkflowName,
        ref: Ref | None = None,
        inputs: Inputs | None = None,
    ) -> StartedRun:
        """Start a workflow by hand (trigger a deployment, build or job), with its inputs. Returns the id of the new
        run."""
        return await self._dispatches.dispatch(RepositoryName(owner, repo), workflow, ref, inputs or {})

    async def find_dispatched_run(
        self, owner: Owner, repo: Repo, workflow: WorkflowName, ref: Ref | None = None, **_: object
    ) -> StartedRun | None:
        """The run that an earlier attempt started."""
        return await self._dispatches.find_dispatched(RepositoryName(owner, repo), workflow, ref)
