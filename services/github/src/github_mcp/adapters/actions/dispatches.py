"""Starts workflows by hand, and finds the run that was started."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from github_mcp.adapters.actions.workflow_names import find_workflow
from github_mcp.adapters.api.client import RAW, GitHubApi, Request, parsed_list
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.models.actions.workflow_inputs import (
    Unreadable,
    Value,
    as_text,
    checked_inputs,
    declared_inputs,
    triggers_of,
)
from github_mcp.models.actions.workflow_runs import RunSummary, Workflow
from github_mcp.models.changes import StartedRun
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Refused, Unavailable, off_loop
from servicekit.journal.effect_id import current_effect_id
from servicekit.schema import show_line

_EVENT: Final = "workflow_dispatch"
_WAITS: Final = (0.0, 1.0, 2.0)
"""Seconds before each look for a new run, on servers that do not name it in their response."""
_KEPT_FOR: Final = timedelta(hours=48)
"""As long as an idempotency key may be tried again."""
_MOST_KNOWN: Final = 1000
_NAMED: Final = 5


class GitHubDispatches:
    """Implements `Dispatches`.

    GitHub's list of runs does not show who asked for which, so the newest run before each start is remembered: a later
    attempt with the same idempotency key finds its run by being newer.
    """

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)
        self._before: OrderedDict[str, int] = OrderedDict()

    async def dispatch(
        self, repository: RepositoryName, workflow: str, ref: str | None, inputs: Mapping[str, Value]
    ) -> StartedRun:
        """Start a run, after a check of the inputs against the workflow file where that can be read."""
        facts, found = await asyncio.gather(
            self._api.access.reading(repository), find_workflow(self._api, repository, workflow)
        )
        at = ref or facts.default_branch
        if found.state not in (None, "active"):
            raise Refused(f"{show_line(found.file)} cannot be started: it is {show_line(found.state)} at GitHub.")
        sent, newest = await asyncio.gather(
            self._checked(repository, found, at, inputs), self._newest(repository, found, at)
        )
        self._remember(newest)
        data = await self._send(repository, found, {"ref": at, "inputs": sent})
        started = data.get("workflow_run_id") if isinstance(data, Mapping) else None
        if isinstance(started, int):
            page = data.get("html_url")
            return StartedRun(workflow=found.file, ref=at, run_id=started, url=page if isinstance(page, str) else None)
        return await self._look_for(repository, found, at, newest)

    async def _send(self, repository: RepositoryName, workflow: Workflow, content: dict[str, Any]) -> Any:
        what = f"workflow {workflow.file} in {repository.full}"
        request = Request(("actions", "workflows", workflow.id, "dispatches"), what)
        try:
            return await self._api.write(repository, "POST", request, {**content, "return_run_details": True})
        except RefusedByGitHub as refused:
            if refused.status == 422 and "return_run_details" in str(refused):  # a server of an earlier version
                return await self._api.write(repository, "POST", request, content)
            if refused.status == 422:
                await self._names.require_ref(repository, content["ref"], "ref")
            raise

    async def _checked(
        self, repository: RepositoryName, workflow: Workflow, ref: str, inputs: Mapping[str, Value]
    ) -> dict[str, str]:
        """The inputs as texts; unchecked where the file cannot be read.

        Raises:
            Refused: the workflow cannot be started by hand, or not with these inputs.
        """
        as_sent = {name: as_text(value) for name, value in inputs.items()}
        try:
            text = await self._file(repository, workflow, ref)
            declared = declared_inputs(await off_loop(len(text), triggers_of, text))
        except (Unreadable, RefusedByGitHub, Unavailable):
            return as_sent
        if declared is None:
            raise Refused(
                f"{show_line(workflow.file)} cannot be started by hand: it has no trigger {_EVENT} at {ref}. Choose "
                "another workflow, or add the trigger to its file on the default branch."
            )
        return checked_inputs(inputs, declared, show_line(workflow.file))

    async def _file(self, repository: RepositoryName, workflow: Workflow, ref: str) -> str:
        """The workflow's file.

        Raises:
            Refused: the ref does not exist, or not with this file.
            Unreadable: it is no file of the repository.
        """
        path = workflow.path
        if not path.startswith(".github/") or ".." in path or "@" in path:
            raise Unreadable
        request = Request(
            ("contents", *path.split("/")), f"{path} at {ref}", {"ref": ref}, accept=RAW, json=False, current=True
        )
        try:
            return (await self._api.read(repository, request)).text()
        except RefusedByGitHub as refused:
            if refused.status == 404:
                await self._names.require_ref(repository, ref, "ref")
                raise Refused(f"There is no {show_line(path)} at {ref}: choose a ref that has the file.") from None
            raise

    async def _runs(self, repository: RepositoryName, workflow: Workflow, ref: str) -> Sequence[RunSummary]:
        """The newest runs of a workflow that were started by hand, at a ref where the server shows it."""
        query: dict[str, Any] = {"event": _EVENT, "per_page": 50}
        what = f"runs of {workflow.file} in {repository.full}"
        request = Request(("actions", "workflows", workflow.id, "runs"), what, query, current=True)
        found = parsed_list(RunSummary, (await self._api.read(repository, request)).json(), "workflow_runs")
        return [run for run in found if run.branch in (None, ref)]

    async def _newest(self, repository: RepositoryName, workflow: Workflow, ref: str) -> int | None:
        """The id of the newest run, 0 if there is none; None where it cannot be had."""
        try:
            return max((run.id for run in await self._runs(repository, workflow, ref)), default=0)
        except (Refused, Unavailable):
            return None

    def _remember(self, newest: int | None) -> None:
        if newest is None:
            return
        self._before[current_effect_id()] = newest
        if len(self._before) > _MOST_KNOWN:
            self._before.popitem(last=False)

    async def _own(self, runs: Sequence[RunSummary]) -> list[RunSummary]:
        """Those of this server's account; all of them where its login, or whose they are, is unknown."""
        try:
            data = (await self._api.read_global(("user",), Request((), "account"))).json()
        except (Refused, Unavailable):  # an App's token has no account
            return [*runs]
        login = data.get("login") if isinstance(data, Mapping) else None
        return [run for run in runs if login is None or run.actor in (None, login)]

    async def _look_for(
        self, repository: RepositoryName, workflow: Workflow, ref: str, newest: int | None
    ) -> StartedRun:
        """The run that is newer than `newest`."""
        for wait in _WAITS if newest is not None else ():
            await asyncio.sleep(wait)
            try:
                found = await self._runs(repository, workflow, ref)
                new = await self._own([run for run in found if run.id > (newest or 0)])
            except (Refused, Unavailable):
                continue
            if len(new) == 1:
                return StartedRun(workflow=workflow.file, ref=ref, run_id=new[0].id, url=new[0].url)
        notice = f"GitHub starts the run. list_workflow_runs with workflow and event={_EVENT} shows its id."
        return StartedRun(workflow=workflow.file, ref=ref, notice=notice)

    async def find_dispatched(self, repository: RepositoryName, workflow: str, ref: str | None) -> StartedRun | None:
        """The run that an earlier attempt at the current write started.

        Raises:
            Refused: it may be one of several.
        """
        facts, found = await asyncio.gather(
            self._api.access.reading(repository), find_workflow(self._api, repository, workflow)
        )
        at = ref or facts.default_branch
        runs = await self._runs(repository, found, at)
        before = self._before.get(current_effect_id())
        if before is not None:
            new = await self._own([run for run in runs if run.id > before])
            if len(new) == 1:
                return StartedRun(workflow=found.file, ref=at, run_id=new[0].id, url=new[0].url)
        else:
            since = datetime.now(UTC) - _KEPT_FOR
            new = await self._own([run for run in runs if run.created_at is None or run.created_at > since])
        if not new:
            return None
        listed = ", ".join(map(_named, new[:_NAMED]))
        raise Refused(
            f"An earlier attempt may have started one of these runs: {listed}. Look at them with get_workflow_run. To "
            "start another one, send a new idempotency_key."
        )


def _named(run: RunSummary) -> str:
    return f"{run.id} of {run.created_at:%Y-%m-%dT%H:%MZ}" if run.created_at is not None else str(run.id)
