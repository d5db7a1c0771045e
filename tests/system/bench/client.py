"""The client of the measurement: HTTP/1.1 over kept connections, with as little of its own as can be.

It shares the machine with what it measures. Every answer is read whole and looked at.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Era = Literal["2026-07-28", "2025-11-25"]
ERAS: Final[tuple[Era, ...]] = ("2026-07-28", "2025-11-25")


@dataclass(frozen=True)
class Call:
    """One tool call, and what its answer has to contain."""

    tool: str
    arguments: dict[str, Any]
    answer: str

    def request(self, port: int, era: Era, token: str) -> bytes:
        """The whole HTTP request."""
        params: dict[str, Any] = {"name": self.tool, "arguments": self.arguments}
        headers = {
            "Host": f"127.0.0.1:{port}",
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": era,
        }
        if era == "2026-07-28":
            headers |= {"Mcp-Method": "tools/call", "Mcp-Name": self.tool}
            params["_meta"] = {
                "io.modelcontextprotocol/protocolVersion": era,
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
        headers["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body


@dataclass
class Burst:
    """What one burst measured: seconds of every call, and how long all took."""

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0


async def burst(port: int, call: Call, era: Era, token: str, *, connections: int, duration: float) -> Burst:
    """Call as fast as answers come, on so many connections, for so many seconds.

    Raises:
        AssertionError: an answer is not what it has to be.
    """
    request, answer = call.request(port, era, token), call.answer.encode()
    measured = Burst()
    began = time.perf_counter()
    await asyncio.gather(
        *(_one_after_another(port, request, answer, measured, began + duration) for _ in range(connections))
    )
    measured.elapsed = time.perf_counter() - began
    return measured


async def _one_after_another(port: int, request: bytes, answer: bytes, measured: Burst, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (started := time.perf_counter()) < until:
            writer.write(request)
            body = await _body(reader)
            measured.seconds.append(time.perf_counter() - started)
            assert answer in body, body[:500]
    finally:
        writer.close()
        await writer.wait_closed()


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200"), head[:500] + await reader.read(500)
    _, has_length, rest = head.partition(b"\r\ncontent-length:")
    if has_length:
        return await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
