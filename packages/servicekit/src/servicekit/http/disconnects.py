"""Calls of clients that disconnect: cancelled, unless they are committing. Silent calls keep their connection open."""

import asyncio
from types import TracebackType
from typing import Any, Final

from starlette.types import Receive

from servicekit.core.deadline import Deadlines
from servicekit.http.responses import Response

_WATCH_AFTER: Final = 0.05
"""Seconds that a call runs before its connection is watched. Most calls are done by then and need no watching task."""
_PING_INTERVAL: Final = 15.0
"""Seconds between comments on the stream, so that proxies keep the connection open."""


class cancelled_on_disconnect:  # noqa: N801  # used in `with`, like a function
    """Cancels the block when the client disconnects, and ends it without an exception."""

    __slots__ = ("_call", "_deadlines", "_is_cancelled", "_receive", "_response", "_timer", "_watch")

    def __init__(self, receive: Receive, response: Response, deadlines: Deadlines) -> None:
        self._receive, self._response, self._deadlines = receive, response, deadlines
        self._watch: asyncio.Task[None] | None = None
        self._is_cancelled = False

    def __enter__(self) -> None:
        self._call: asyncio.Task[Any] | None = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(_WATCH_AFTER, self._start)

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> bool:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if not self._is_cancelled or self._call is None:
            return False
        self._call.uncancel()
        return kind is not None and issubclass(kind, asyncio.CancelledError)

    def _start(self) -> None:
        self._watch = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_PING_INTERVAL):
                    event = await self._receive()
            except TimeoutError:
                await self._response.ping()
                continue
            if event["type"] == "http.disconnect":
                break
        if self._call is not None and self._deadlines.can_be_stopped(self._call):
            self._is_cancelled = True
            self._call.cancel()
