"""Finds the part of a job's log that shows the failure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Final

from github_mcp.models.actions.actions import Job, JobLog, Log, Step
from github_mcp.models.excerpts import BUDGET, lines_of, number_of_lines, part_until
from github_mcp.models.identifiers import RepositoryName

_BY_GRAVITY: Final = ("failure", "error", "timed_out", "startup_failure", "action_required", "cancelled", "stale")
BAD: Final = frozenset(_BY_GRAVITY)
"""Conclusions other than success, skipped and neutral."""
_BRIEF: Final = 2400
"""Bytes of all logs of a result for which no number of lines was asked: some 1 000 tokens."""
_LEAST: Final = 800
"""Bytes of each of them."""
_TIME: Final = r"\ufeff?([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.[0-9]{1,9}Z ?"
_STAMP: Final = re.compile(rf"^{_TIME}")
_STAMPED: Final = re.compile(rf"^{_TIME}([^\n]*)", re.MULTILINE)
_SECONDS: Final = "%Y-%m-%dT%H:%M:%S"
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ERROR: Final = "##[error]"
_STEP: Final = 64 * 1024
_MOST_LINES: Final = 1000
_LONGEST_LINE: Final = 256 * 1024


def gravity(conclusion: str | None) -> int:
    """The place of a conclusion in a list: failures first, then what was cancelled, then the rest."""
    return _BY_GRAVITY.index(conclusion) if conclusion in BAD else len(_BY_GRAVITY)


def tail_of(repository: RepositoryName, job: Job, log: Log, most: int | None, *, shared_by: int = 1) -> JobLog:
    """The end of the failed step's log, or of the whole log if no step failed.

    Args:
        most: lines to show; None for the few that usually show why a step failed.
        shared_by: number of logs that share the size limit of one result.
    """
    failed = sorted((one for one in job.steps if one.conclusion in BAD), key=lambda one: gravity(one.conclusion))
    budget = max(_BRIEF // shared_by, _LEAST) if most is None else BUDGET // shared_by
    lines = most or _MOST_LINES
    end = _end_of_failure(log.text, failed)
    start = end
    for _ in range(lines):
        start = log.text.rfind("\n", 0, max(start - 1, 0)) + 1
    clean = [_COLOUR.sub("", _STAMP.sub("", line[:_LONGEST_LINE])) for line in lines_of(log.text[start:end])]
    left_out = log.left_out + log.text.count("\n", 0, start)
    part = part_until(clean, len(clean), lines, budget).after(left_out)
    part = replace(part, total=log.left_out + number_of_lines(log.text))
    whole = f"run://{repository.full}/{job.id}/log"
    return JobLog(
        job_id=job.id,
        run_id=job.run_id,
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


def _end_of_failure(text: str, failed: Sequence[Step]) -> int:
    """Where the last line of the first failed step ends.

    The step is found by the timestamps of lines and steps; if these do not match, by the last `##[error]` line.
    """
    if not failed:
        return len(text)
    position = _last_line_of(text, failed[0])
    if position is None:
        position = text.rfind(_ERROR)
    return text.find("\n", position) + 1 or len(text) if position >= 0 else len(text)


def _last_line_of(text: str, step: Step) -> int | None:
    """Where the last line of a step begins, by its times: the last one with an error if there is one."""
    if step.started_at is None or step.completed_at is None:
        return None
    first = f"{step.started_at.astimezone(UTC):{_SECONDS}}"
    after = (
        f"{step.completed_at.astimezone(UTC) + timedelta(seconds=1):{_SECONDS}}"  # steps have times in whole seconds
    )
    inside = marked = None
    start = 0
    while start < len(text):
        end = text.find("\n", start + _STEP) + 1 or len(text)
        for line in _STAMPED.finditer(text, start, end):
            if first <= line[1] < after:
                inside = line.start()
                marked = inside if _ERROR in line[2] else marked
        start = end
    return inside if marked is None else marked
