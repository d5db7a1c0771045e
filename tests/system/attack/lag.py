"""Watches how long a server's event loop stands still, by asking for `/live` on the side."""

import asyncio
import time
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from tests.system.load.wire import read_answer

from .fleet import Server

_EVERY = 0.05  # seconds
STILL = 0.5
"""Seconds of processor time without an answer that count as standing still. Waiting for a processor does not count."""


class Lag:
    """Asks for `/live` while the block runs.

    Attributes:
        worst: the longest answer in seconds of the server's processor time, and of the clock.
        stalls: for each time that the loop stood still: its seconds of processor time, and what was in flight then.
    """

    def __init__(self, server: Server, in_flight: dict[int, object] | None = None) -> None:
        self._server = server
        self._in_flight = in_flight if in_flight is not None else {}
        self.worst = (0.0, 0.0)
        self.stalls: list[tuple[float, list[object]]] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        address = urlsplit(self._server.base_url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        request = f"GET /live HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
        try:
            while True:
                used, started, asked = self._server.cpu_seconds(), time.monotonic(), list(self._in_flight.values())
                writer.write(request)
                answer = await read_answer(reader)
                assert answer.status == 200, answer
                took, used = time.monotonic() - started, self._server.cpu_seconds() - used
                self.worst = max(self.worst, (min(used, took), took))
                if took > STILL and used > STILL:
                    self.stalls.append((used, [*asked, *self._in_flight.values()]))
                await asyncio.sleep(_EVERY)
        finally:
            writer.close()
