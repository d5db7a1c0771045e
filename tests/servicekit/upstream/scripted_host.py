"""An HTTP server that sends scripted bytes and keeps the requests that it received."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def answer(content: Any = None, status: int = 200, **headers: str) -> bytes:
    """A whole answer; `content` is JSON unless it is bytes. Underscores of header names are hyphens."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


Script = Callable[[Received], "bytes | Awaitable[bytes]"]


@dataclass
class ScriptedHost:
    """A real server on the loopback address.

    Attributes:
        script: gives the bytes to answer with; an awaitable may take its time.
        gone: requests whose sender went away before they were answered.
        chunks: the answer is written in pieces of so many bytes, each after a turn of the event loop; 0: at once.
    """

    port: int = 0
    script: Script = lambda _: answer({"ok": True})
    received: list[Received] = field(default_factory=list)
    gone: int = 0
    chunks: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.received]

    def in_turn(self, *answers: bytes) -> None:
        """These answers, then the last one again and again."""
        left = list(answers)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def hang(self) -> None:
        """Never answer."""
        self.script = lambda _: asyncio.Event().wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = await _read(reader)
                self.received.append(request)
                content = self.script(request)
                if not isinstance(content, bytes):
                    content = await self._unless_gone(content, reader)
                size = self.chunks or len(content) or 1
                for start in range(0, len(content), size):
                    writer.write(content[start : start + size])
                    await writer.drain()
                    await asyncio.sleep(0)
                if b"content-length" not in content.lower():
                    break
        writer.close()

    async def _unless_gone(self, work: Awaitable[bytes], reader: asyncio.StreamReader) -> bytes:
        working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(reader.read(1))
        done, _ = await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working in done:
            leaving.cancel()
            return working.result()
        working.cancel()
        self.gone += 1
        raise ConnectionError


@asynccontextmanager
async def scripted_host() -> AsyncIterator[ScriptedHost]:
    host = ScriptedHost()
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await host.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            connections.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    """Come back once something is so, which it has ten seconds for."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  # what is waited for happens at the other end of a socket
            await asyncio.sleep(0.001)


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Received(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))
