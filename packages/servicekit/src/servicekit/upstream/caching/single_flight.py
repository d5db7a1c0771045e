"""Single flight in one process: callers who want the same thing share the work for it."""

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
    """Work under way, by name. It goes on as long as anybody waits for it, and is cancelled when nobody does."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[Result]] = {}

    def under_way(self, key: str) -> bool:
        """Whether somebody is at it."""
        return key in self._flights

    async def join(self, key: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of the work of this name; it is begun if nobody is at it.

        Raises whatever the work raises, to everybody who waits.
        """
        flight = self._flights.get(key) or self._begin(key, work, None)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._forget(key, flight)
                flight.task.cancel()

    def begin_alone(self, key: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> None:
        """Begin it for nobody in particular, in nobody's name; it ends when it is done."""
        if key not in self._flights:
            self._begin(key, work, Context()).waiting += 1

    async def stop(self) -> None:
        """Cancel all of it."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(
        self, key: str, work: Callable[[], Coroutine[Any, Any, Result]], context: Context | None
    ) -> _Flight[Result]:
        flight = _Flight(asyncio.create_task(work(), name=f"flight {key}", context=context))
        self._flights[key] = flight
        flight.task.add_done_callback(lambda task: self._landed(key, flight, task))
        return flight

    def _landed(self, key: str, flight: _Flight[Result], task: asyncio.Task[Result]) -> None:
        self._forget(key, flight)
        if not task.cancelled():
            task.exception()  # looked at here, since everybody who waited may be gone

    def _forget(self, key: str, flight: _Flight[Result]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
