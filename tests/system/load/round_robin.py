"""A small round-robin proxy, as stands before replicas: it asks `/ready`, and forwards connections to who says yes."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Self

_ASK_EVERY = 0.25  # seconds
_CHUNK = 65536


class RoundRobin:
    """A TCP proxy before servers on this machine.

    Args:
        ports: where the servers listen.
    """

    def __init__(self, port: int, ports: Sequence[int]) -> None:
        self.port = port
        self._ready = dict.fromkeys(ports, False)
        self._said_yes = {port: asyncio.Event() for port in ports}
        self._next = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port, backlog=1024)
        self._asking = [asyncio.create_task(self._ask(port)) for port in self._ready]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._asking:
            task.cancel()
        self._server.close()

    async def until_ready(self, port: int) -> None:
        """Return when a server says that it is."""
        await self._said_yes[port].wait()

    def gone(self, port: int) -> None:
        """Forget a server that has ended."""
        self._ready[port] = False
        self._said_yes[port].clear()

    async def _ask(self, port: int) -> None:
        while True:
            self._ready[port] = await _says_yes(port)
            if self._ready[port]:
                self._said_yes[port].set()
            await asyncio.sleep(_ASK_EVERY)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in self._turns():
            with contextlib.suppress(OSError):
                back, forth = await asyncio.open_connection("127.0.0.1", port)
                ways = [asyncio.create_task(_copy(reader, forth)), asyncio.create_task(_copy(back, writer))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()
                forth.close()
                break
        writer.close()

    def _turns(self) -> list[int]:
        """The servers to try, in order: those that are ready, then the others."""
        self._next += 1
        ports = list(self._ready)
        turned = ports[self._next % len(ports) :] + ports[: self._next % len(ports)]
        return sorted(turned, key=lambda port: not self._ready[port])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


async def _says_yes(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /ready HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
