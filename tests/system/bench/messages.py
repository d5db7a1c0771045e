"""The HTTP requests of the measurements, as bytes."""

import json
from typing import Any, Final, Literal

from .client import Step

Era = Literal["2026-07-28", "2025-11-25"]
ERAS: Final[tuple[Era, ...]] = ("2026-07-28", "2025-11-25")

_CLIENT: Final = {"name": "bench", "version": "1"}


def call(tool: str, arguments: dict[str, Any], answer: str, *, port: int, era: Era, token: str | None) -> Step:
    """A tool call of a protocol revision."""
    return _request(
        "tools/call", {"name": tool, "arguments": arguments}, answer, port=port, era=era, token=token, name=tool
    )


def tools_list(answer: str, *, port: int, era: Era, token: str | None) -> Step:
    """A request for the list of tools."""
    return _request("tools/list", {}, answer, port=port, era=era, token=token)


def _request(
    method: str, params: dict[str, Any], answer: str, *, port: int, era: Era, token: str | None, name: str | None = None
) -> Step:
    headers: dict[str, str] = {"MCP-Protocol-Version": era}
    if era == "2026-07-28":
        headers |= {"Mcp-Method": method} | ({"Mcp-Name": name} if name else {})
        meta = {
            "io.modelcontextprotocol/protocolVersion": era,
            "io.modelcontextprotocol/clientInfo": _CLIENT,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        params = {**params, "_meta": meta}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Step(http_post(port, message, headers, token), b"200", answer.encode())


def http_post(port: int, message: dict[str, Any], headers: dict[str, str], token: str | None) -> bytes:
    """A whole HTTP request with a JSON-RPC message."""
    body = json.dumps(message).encode()
    fields = {
        "Host": f"127.0.0.1:{port}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        **({"Authorization": f"Bearer {token}"} if token else {}),
        **headers,
        "Content-Length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body
