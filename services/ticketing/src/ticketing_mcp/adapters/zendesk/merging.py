"""Merging tickets: a background job at Zendesk, which is waited for."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from servicekit.core import CallError, OutcomeUnknown, remaining
from servicekit.upstream import said_by
from ticketing_mcp.adapters.zendesk.api.client import parsed, written
from ticketing_mcp.adapters.zendesk.api.errors import NAME, PartlyDone, RefusedByZendesk
from ticketing_mcp.adapters.zendesk.limits import not_offered
from ticketing_mcp.adapters.zendesk.tickets import ZendeskTickets
from ticketing_mcp.adapters.zendesk.wire import WireJob
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.merging import MergeRules
from ticketing_mcp.models.tickets import Ticket

MOST: Final = 5
"""Tickets that Zendesk merges in one job."""
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
_PATIENCE: Final = 15.0
"""Seconds to wait for a job, where the call has no earlier deadline."""
_SPARE: Final = 2.0
"""Seconds that the call needs after the job."""
_RUNNING: Final = ("queued", "working")


class ZendeskMerger(ZendeskTickets):
    """`TicketMerger` on Zendesk. A merge closes tickets for good."""

    merge_rules = MergeRules(can_undo=False, can_answer=False)

    async def merge(self, tickets: Sequence[Ticket], into: Ticket) -> tuple[list[Ticket], Ticket]:
        """Merge tickets, five at once.

        Raises:
            Refused: Zendesk merged none.
            PartlyDone: it merged some.
            OutcomeUnknown: a job did not end in time.
        """
        target, merged = number_of(into.id), list[Ticket]()
        for start in range(0, len(tickets), MOST):
            part = tickets[start : start + MOST]
            try:
                await self._merge(part, target)
            except RefusedByZendesk as refused:
                if not merged:
                    raise
                raise PartlyDone(_words(merged, into, str(refused))) from refused
            merged += part
        return await self._after(tickets, into)

    async def unmerge(self, tickets: Sequence[Ticket], targets: Sequence[Ticket]) -> list[Ticket]:  # noqa: ARG002
        """Refuse: Zendesk cannot undo a merge."""
        raise not_offered("unmerge")

    async def _merge(self, tickets: Sequence[Ticket], target: int) -> None:
        numbers = [number_of(ticket.id) for ticket in tickets]
        named = ", ".join(f"#{number}" for number in numbers)
        content = {
            "ids": numbers,
            "source_comment": f"This ticket was closed and merged into ticket #{target}.",
            "source_comment_is_public": False,
            "target_comment": f"Merged into this ticket: {named}.",
            "target_comment_is_public": False,
        }
        what = f"the merge into ticket T-{target}"
        data = await self._api.write("POST", ("tickets", target, "merge"), content, what)
        job = await self._finished(written(WireJob, _job_of(data)))
        if job.status != "completed" or _failed(job):
            raise RefusedByZendesk(422, f"Zendesk did not finish {what}.{said_by(NAME, _reasons(job))}")

    async def _finished(self, job: WireJob) -> WireJob:
        """A job after its end.

        Raises:
            OutcomeUnknown: it did not end in time.
        """
        left = remaining()
        patience = _PATIENCE if left is None else min(_PATIENCE, left - _SPARE)
        until, wait = time.monotonic() + patience, _FIRST_WAIT
        while job.status in _RUNNING:
            if time.monotonic() + wait > until:
                raise OutcomeUnknown(NAME)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
            try:
                data = await self._api.read(("job_statuses", job.id), "the state of a merge")
                job = parsed(WireJob, _job_of(data))
            except CallError as error:
                raise OutcomeUnknown(NAME) from error
        return job

    async def _after(self, tickets: Sequence[Ticket], into: Ticket) -> tuple[list[Ticket], Ticket]:
        """The new states.

        Raises:
            OutcomeUnknown: they cannot be read.
        """
        try:
            found = await asyncio.gather(*(self.get(number_of(one.id)) for one in (*tickets, into)))
        except CallError as error:
            raise OutcomeUnknown(NAME) from error
        states = [after if after is not None else before for after, before in zip(found, (*tickets, into), strict=True)]
        return states[:-1], states[-1]


def _job_of(data: Any) -> Any:
    return data.get("job_status") if isinstance(data, Mapping) else None


def _results(job: WireJob) -> list[Mapping[str, Any]]:
    return [one for one in job.results if isinstance(one, Mapping)] if isinstance(job.results, list) else []


def _failed(job: WireJob) -> bool:
    return any(one.get("success") is False or one.get("error") or one.get("errors") for one in _results(job))


def _reasons(job: WireJob) -> list[object]:
    return [job.message, *(one.get(key) for one in _results(job) for key in ("error", "errors", "details"))]


def _words(merged: Sequence[Ticket], into: Ticket, reason: str) -> str:
    named = ", ".join(ticket.id for ticket in merged)
    return f"Only a part was done: {named} were merged into {into.id}, the others were not. {reason}"
