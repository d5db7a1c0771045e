"""One keep-alive connection that sends whatever bytes it is given."""

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from tests.system.load.wire import Answer, read_answer

from .fleet import Server

MEDIA = "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"


def signed_in(server: Server, token: str | None = None) -> str:
    """The headers of a request that the server accepts; with a token of its own if none is given."""
    host = server.endpoint.split("/")[2]
    return f"Host: {host}\r\nAuthorization: Bearer {token or server.token()}\r\n{MEDIA}"


class Connection:
    """One connection to a server, opened again after it was lost."""

    def __init__(self, base_url: str) -> None:
        address = urlsplit(base_url)
        self._address = (address.hostname or "", address.port or 80)
        self._writer: asyncio.StreamWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    async def post(self, headers: str, body: bytes, *, streams: bool = False) -> Answer:
        """The answer to a request with these headers, each with its line end."""
        head = f"POST /mcp HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        return await self.exchange(head.encode("latin-1") + body, streams=streams)

    async def exchange(self, request: bytes, *, streams: bool = False) -> Answer:
        """The answer to a request.

        Args:
            streams: whether the answer may be a stream without an end, of which only the beginning is read.

        Raises:
            ConnectionError: the server closed the connection without an answer.
        """
        fresh = False
        while not fresh:  # the server may have closed an idle connection
            fresh = self._writer is None
            if self._writer is None:
                self._reader, self._writer = await asyncio.open_connection(*self._address)
            self._writer.write(request)
            with suppress(asyncio.IncompleteReadError, OSError):
                return await self._answer(streams=streams)
            self.cut()
        raise ConnectionError("the server closed the connection without an answer")

    async def _answer(self, *, streams: bool) -> Answer:
        if streams:
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
            body = await self._reader.readexactly(length)
            self.cut()
            return Answer(int(head.split(b" ", 2)[1]), {"content-type": "application/json"} if body else {}, body)
        answer = await read_answer(self._reader)
        if answer.closes:
            self.cut()
        return answer

    def cut(self) -> None:
        """Hang up, whatever is under way."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
