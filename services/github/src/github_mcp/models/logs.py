"""Finds the part of a job's log that shows the failure."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from github_mcp.models.actions import Job, JobLog, Log, Step
from github_mcp.models.excerpts import BUDGET, part_until
from github_mcp.models.identifiers import RepositoryName

_BY_GRAVITY: Final = ("failure", "error", "timed_out", "startup_failure", "action_required", "cancelled")
BAD: Final = frozenset(_BY_GRAVITY)
"""Conclusions other than success, skipped and neutral."""
_BRIEF: Final = 2400
"""Bytes of all logs of a result for which no number of lines was asked: some 1 000 tokens."""
_LEAST: Final = 800
"""Bytes of each of them."""
_STAMP: Final = re.compile(r"^\ufeff?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z ?")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ERROR: Final = "##[error]"


def gravity(conclusion: str | None) -> int:
    """The place of a conclusion in a list: failures first, then what was cancelled, then the rest."""
    return _BY_GRAVITY.index(conclusion) if conclusion in BAD else len(_BY_GRAVITY)


def tail_of(repository: RepositoryName, job: Job, log: Log, most: int | None, *, shared_by: int = 1) -> JobLog:
    """The end of the failed step's log, or of the whole log if no step failed.

    Args:
        most: lines to show; None for the few that usually show why a step failed.
        shared_by: number of logs that share the size limit of one result.
    """
    lines = log.text.splitlines(keepends=True)
    failed = [step for step in job.steps if step.conclusion in BAD]
    last = _end_of_failure(lines, failed)
    clean = [_COLOUR.sub("", _STAMP.sub("", line)) for line in lines]
    budget = max(_BRIEF // shared_by, _LEAST) if most is None else BUDGET // shared_by
    part = part_until(clean, last, most or len(lines), budget).after(log.left_out)
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
        notice=part.notice(f"{'give' if most is None else 'raise'} tail_lines for more, or read {whole} for all"),
        whole=whole,
    )


def _end_of_failure(lines: Sequence[str], failed: Sequence[Step]) -> int:
    """The number of the last line of the first failed step.

    The step is found by the timestamps of lines and steps; if these do not match, by the last `##[error]` line.
    """
    step = failed[0] if failed else None
    if step is not None and step.started_at is not None and step.completed_at is not None:
        end = step.completed_at + timedelta(seconds=1)  # steps have times in whole seconds
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
