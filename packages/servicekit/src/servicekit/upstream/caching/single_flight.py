"""Single flight in one process: concurrent callers with the same key share one task."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Flight(Generic[Result]):
    task: asyncio.Task[Result]
    waiting: int = 0


class SingleFlight(Generic[Result]):
    """Running tasks by key. A task is cancelled when its last waiting caller is."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[Result]] = {}

    def is_running(self, key: str) -> bool:
        """Whether a task with this key is running."""
        return key in self._flights

    async def join(self, key: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of the running task with this key, or of a new one. Its exception reaches every waiting caller."""
        flight = self._flights.get(key) or self._begin(key, work, None)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._forget(key, flight)
                flight.task.cancel()

    def start_background(self, key: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> None:
        """Start a task without a waiting caller and in an empty context. It runs to its end."""
        if key not in self._flights:
            self._begin(key, work, Context()).waiting += 1

    async def stop(self) -> None:
        """Cancel every task."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(
        self, key: str, work: Callable[[], Coroutine[Any, Any, Result]], context: Context | None
    ) -> _Flight[Result]:
        flight = _Flight(asyncio.create_task(work(), name=f"flight {key}", context=context))
        self._flights[key] = flight
        flight.task.add_done_callback(lambda task: self._finished(key, flight, task))
        return flight

    def _finished(self, key: str, flight: _Flight[Result], task: asyncio.Task[Result]) -> None:
        self._forget(key, flight)
        if not task.cancelled():
            task.exception()  # retrieved here: every waiting caller may be gone, and asyncio would log a warning

    def _forget(self, key: str, flight: _Flight[Result]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
