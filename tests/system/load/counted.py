"""A server that reports the number of tasks of its event loop."""

import asyncio
from typing import Any

from devkit.workspace.composition import compose
from servicekit.server.run import serve_http


class TaskCount:
    """A component that writes the number of tasks where the parent process reads it."""

    name = "task count"
    needed_for = ()

    def __init__(self, count: Any) -> None:
        self._count = count

    async def start(self) -> None:
        """Begin to count."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Count no more."""
        self._task.cancel()

    async def check(self) -> None:
        """Always well."""

    async def _run(self) -> None:
        while True:
            self._count.value = len(asyncio.all_tasks())
            await asyncio.sleep(0.1)


def serve_counted(name: str, settings: dict[str, Any], count: Any) -> None:
    """One of the fleet's services, counted."""
    service = compose(name, settings)
    service.components = (*service.components, TaskCount(count))
    serve_http(service)
