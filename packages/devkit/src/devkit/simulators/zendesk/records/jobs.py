"""Background jobs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Task = Callable[[], dict[str, Any]]


@dataclass
class Job:
    """A background job: it is queued, works, then has the results of its tasks.

    Attributes:
        queued: seconds of the monotonic clock.
        results: None until it has run.
    """

    id: str
    kind: str
    tasks: list[Task]
    queued: float
    results: list[dict[str, Any]] | None = None
    message: str | None = None
    total: int = field(default=0)

    def status(self, now: float, seconds: float) -> str:
        """queued, working or completed, for a job that takes so many seconds."""
        if self.results is not None:
            return "completed"
        return "working" if now - self.queued >= seconds / 2 else "queued"
