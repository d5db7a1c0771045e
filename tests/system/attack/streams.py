"""Subscription streams, read by hand."""

import asyncio
import json
from typing import Any, Self

from tests.system.load.wire import META

from .connection import signed_in
from .fleet import Server


class Stream:
    """One `subscriptions/listen` request.

    Args:
        wanted: the `notifications` parameter.
        headers: further header lines.
    """

    def __init__(self, server: Server, wanted: dict[str, Any], token: str | None = None, headers: str = "") -> None:
        params = {"notifications": wanted, "_meta": META}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params}).encode()
        version = META["io.modelcontextprotocol/protocolVersion"]
        head = f"POST /mcp HTTP/1.1\r\n{signed_in(server, token)}MCP-Protocol-Version: {version}\r\n"
        head += f"Mcp-Method: subscriptions/listen\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self.request = head.encode("latin-1") + body
        self._address = server.base_url.removeprefix("http://").split(":")
        self.refusal: dict[str, Any] | None = None

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(self._address[0], int(self._address[1]))
        self.writer.write(self.request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        self.status = int(head.split(b" ", 2)[1])
        if b"text/event-stream" not in head:
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.refusal = json.loads(await self.reader.readexactly(length))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def event(self, seconds: float) -> dict[str, Any] | None:
        """The next message; None if there is none in time, or the stream ends."""
        try:
            async with asyncio.timeout(seconds):
                while line := await self.reader.readline():
                    if line.startswith(b"data: ") and line.strip() != b"data:":
                        message: dict[str, Any] = json.loads(line[6:])
                        return message
        except TimeoutError:
            pass
        return None
