"""The part of a job's log that says why it failed."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from github_mcp.models.actions import Job, JobLog, Log, Step
from github_mcp.models.excerpts import BUDGET, part_until
from github_mcp.models.identifiers import RepositoryName

BAD: Final = frozenset({"failure", "timed_out", "cancelled", "action_required", "startup_failure"})
"""Conclusions of what did not succeed."""
_STAMP: Final = re.compile(r"^\ufeff?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z ?")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ERROR: Final = "##[error]"


def tail_of(repository: RepositoryName, job: Job, log: Log, most: int, *, shared_by: int = 1) -> JobLog:
    """The end of the step that failed, or of the whole log where none did.

    Args:
        most: lines to show.
        shared_by: how many logs share the space of one result.
    """
    lines = log.text.splitlines(keepends=True)
    failed = [step for step in job.steps if step.conclusion in BAD]
    last = _end_of_failure(lines, failed)
    clean = [_COLOUR.sub("", _STAMP.sub("", line)) for line in lines]
    part = part_until(clean, last, most, BUDGET // shared_by).after(log.left_out)
    whole = f"run://{repository.full}/{job.id}/log"
    return JobLog(
        job_id=job.id,
        name=job.name,
        conclusion=job.conclusion,
        failed_steps=[step.name for step in failed],
        text=part.text,
        first_line=part.first,
        last_line=part.last,
        total_lines=part.total,
        notice=part.notice(f"a larger tail_lines shows more, {whole} has all"),
        whole=whole,
    )


def _end_of_failure(lines: Sequence[str], failed: Sequence[Step]) -> int:
    """The number of the last line of the first step that failed.

    Lines carry times and steps do too. Where they do not fit together, the last error that Actions marked is the end.
    """
    step = failed[0] if failed else None
    if step is not None and step.started_at is not None and step.completed_at is not None:
        end = step.completed_at + timedelta(seconds=1)  # steps are told in whole seconds
        inside = [
            number
            for number, line in enumerate(lines, start=1)
            if (when := _time_of(line, step.completed_at)) is not None and step.started_at <= when < end
        ]
        marked = [number for number in inside if _ERROR in lines[number - 1]]
        if marked or inside:
            return marked[-1] if marked else inside[-1]
    errors = [number for number, line in enumerate(lines, start=1) if _ERROR in line]
    return errors[-1] if errors and failed else len(lines)


def _time_of(line: str, like: datetime) -> datetime | None:
    stamp = _STAMP.match(line)
    return datetime.fromisoformat(stamp[1]).replace(tzinfo=like.tzinfo) if stamp else None
