"""The watch over one request: its body comes in time, and a client that disconnects cancels its call.

One timer serves both. Most requests are done before it fires, and cost no more than that.
"""

import asyncio
from types import TracebackType
from typing import Any, Final, Self

from starlette.types import Receive

from servicekit.core.deadline import Deadlines
from servicekit.http.refusal import Refusal
from servicekit.http.responses import Response

_WATCH_AFTER: Final = 0.05
"""Seconds that a call runs before its connection is watched."""
_PING_INTERVAL: Final = 15.0
"""Seconds between comments on the stream of a running call, so that proxies keep the connection open."""
_CLOSE: Final = ((b"connection", b"close"),)


class RequestWatch:
    """Cancels the block when the body is late, or when the client disconnects, unless the call is committing.

    A late body leaves the block as a `Refusal`; a disconnected client needs no response, so nothing leaves it.

    Args:
        body_timeout: seconds in which the body has to arrive.
    """

    __slots__ = ("_body_timeout", "_deadlines", "_is_cancelled", "_receive", "_response", "_task", "_timer", "_watcher")

    def __init__(self, receive: Receive, response: Response, deadlines: Deadlines, body_timeout: float) -> None:
        self._receive, self._response, self._deadlines = receive, response, deadlines
        self._body_timeout = body_timeout
        self._watcher: asyncio.Task[None] | None = None
        self._is_cancelled = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request runs in a task")
        self._task: asyncio.Task[Any] = task
        self._timer = task.get_loop().call_later(self._body_timeout, self._cancel)
        return self

    def body_arrived(self) -> None:
        """Watch for a disconnect from now on."""
        self._timer.cancel()
        self._timer = self._task.get_loop().call_later(_WATCH_AFTER, self._start)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if not self._is_cancelled:
            return False
        self._task.uncancel()
        if kind is None or not issubclass(kind, asyncio.CancelledError):
            return False
        if self._watcher is None:
            words = f"The body did not arrive within {self._body_timeout:g} s."
            raise Refusal("body_too_slow", words, _CLOSE) from error
        return True

    def _cancel(self) -> None:
        self._is_cancelled = True
        self._task.cancel()

    def _start(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_PING_INTERVAL):
                    event = await self._receive()
            except TimeoutError:
                await self._response.ping()
                continue
            if event["type"] == "http.disconnect":
                break
        if self._deadlines.can_be_stopped(self._task):
            self._cancel()
