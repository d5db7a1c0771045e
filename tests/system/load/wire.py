"""A small HTTP client for many calls: one keep-alive connection, one protocol revision, little work for a call."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
META = {
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
        return await self.request("tools/call", {"name": tool, "arguments": arguments}, tool)

    async def request(self, method: str, params: dict[str, Any], name: str | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON-RPC message of any request.

        Args:
            name: what the header `Mcp-Name` must say: the tool, prompt or URI, where the method names one.

        Raises:
            OSError, asyncio.IncompleteReadError: the connection was lost.
        """
        try:
            reader = await self._send(method, params, name)
            return await self._answer(reader)
        except BaseException:
            self.cut()
            raise

    async def send(self, tool: str, arguments: dict[str, Any]) -> asyncio.StreamReader:
        """Send a call; the answer comes from the reader."""
        return await self._send("tools/call", {"name": tool, "arguments": arguments}, tool)

    async def _send(self, method: str, params: dict[str, Any], name: str | None) -> asyncio.StreamReader:
        if self._streams is None or self._streams[0].at_eof():
            self.cut()
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        self._number += 1
        params = {**params, "_meta": {**META, **params.get("_meta", {})}} if self._modern else params
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        body = json.dumps(message).encode()
        named = f"Mcp-Method: {method}\r\n" if self._modern else ""
        named += f"Mcp-Name: {name}\r\n" if self._modern and name is not None else ""
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
        answer = await read_answer(reader)
        if answer.closes:
            self.cut()
        message: dict[str, Any] = json.loads(answer.text)
        assert message.get("id") in (self._number, None), "an answer to another call"
        return answer.status, message


@dataclass(frozen=True)
class Answer:
    """One HTTP response, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the server closes the connection after it."""
        return self.headers.get("connection") == "close"

    @property
    def text(self) -> str:
        """The body; of a stream, its last message."""
        text = self.body.decode()
        is_stream = self.headers.get("content-type", "").startswith("text/event-stream")
        return text.rpartition("data: ")[2] if is_stream else text


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next response on a connection.

    Raises:
        OSError, asyncio.IncompleteReadError: the connection was lost.
    """
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
    if headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(lines[0].split(" ")[1]), headers, body)


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
