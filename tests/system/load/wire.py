"""A small HTTP client for many calls: one keep-alive connection, one protocol revision, little work for a call."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
_META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Wire:
    """One client of one server.

    Args:
        base_url: where the server, or a proxy before it, listens.
        host: the Host header, where that is another.
        protocol: `MODERN` or `LEGACY`.
    """

    def __init__(self, base_url: str, token: str, host: str | None = None, protocol: str = MODERN) -> None:
        address = urlsplit(base_url)
        self._address = (address.hostname or "", address.port or 80)
        self._head = (
            f"Host: {host or address.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
            f"MCP-Protocol-Version: {protocol}\r\n"
        )
        self._modern = protocol == MODERN
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._number = 0

    async def call(self, tool: str, arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and JSON-RPC message of one tool call.

        Raises:
            OSError, asyncio.IncompleteReadError: the connection was lost.
        """
        try:
            reader = await self.send(tool, arguments)
            return await self._answer(reader)
        except BaseException:
            self.cut()
            raise

    async def send(self, tool: str, arguments: dict[str, Any]) -> asyncio.StreamReader:
        """Send a call; the answer comes from the reader."""
        if self._streams is None or self._streams[0].at_eof():
            self.cut()
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        self._number += 1
        params = {"name": tool, "arguments": arguments} | ({"_meta": _META} if self._modern else {})
        message = {"jsonrpc": "2.0", "id": self._number, "method": "tools/call", "params": params}
        body = json.dumps(message).encode()
        named = f"Mcp-Method: tools/call\r\nMcp-Name: {tool}\r\n" if self._modern else ""
        head = f"POST /mcp HTTP/1.1\r\n{self._head}{named}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        return reader

    def cut(self) -> None:
        """Hang up, whatever is under way."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        status = int(lines[0].split(" ")[1])
        if headers.get("transfer-encoding") == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.cut()
        text = body.decode()
        if headers["content-type"].startswith("text/event-stream"):
            text = text.rpartition("data: ")[2]
        message: dict[str, Any] = json.loads(text)
        assert message.get("id") in (self._number, None), "an answer to another call"
        return status, message


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body


def text_of(message: dict[str, Any]) -> str:
    """What a model reads of an answer, result or error."""
    if "error" in message:
        return str(message["error"]["message"])
    text: str = message["result"]["content"][0]["text"]
    return text
