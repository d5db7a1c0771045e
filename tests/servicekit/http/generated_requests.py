"""Generated HTTP requests around generated messages: right and wrong headers, right and wrong bytes."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

from mcp.shared.inbound import encode_header_value

from .generated_messages import MODERN, OTHER_VERSIONS, REVISIONS, Generated, Messages
from .two_stacks import Sent

_ACCEPT: Final = "application/json, text/event-stream"
_ACCEPTS: Final = (
    *("", "*/*", "application/json", "text/event-stream", "application/*, text/*", "text/html", "application/*"),
    *("APPLICATION/JSON, Text/Event-Stream", "application/json;q=0, text/event-stream", "text/event-stream, */*;q=0.1"),
    *("application/json, text/event-stream;q=0.0", "application/json;Q=0.5;x=1, text/*", "*/*;q=0", "*/*;q=x"),
)
_TYPES: Final = (
    *(
        "",
        "text/plain",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "Application/Json; charset=UTF-8",
        "application/jsonx",
        "application/*",
    ),
    *("application/json, text/plain", "text/plain, application/json", "application/json;charset=utf-16", "json"),
)
_NAMES: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_VERSION: Final = "MCP-Protocol-Version"
_ROUTING: Final = (_VERSION, "Mcp-Method", "Mcp-Name")
Header = tuple[str, str]


class Requests:
    """Draws HTTP requests.

    Args:
        base: headers of every request: Host and credential.
    """

    def __init__(self, chance: random.Random, base: tuple[Header, ...]) -> None:
        self._chance = chance
        self._base = base
        self._messages = Messages(chance)

    def draw(self) -> Sent:
        """A request; a third of them are what a conforming client sends."""
        chance = self._chance
        generated = self._messages.draw()
        headers = [("Accept", _ACCEPT), ("Content-Type", "application/json"), *self._routing(generated)]
        if chance.random() < 0.3:
            for _ in range(chance.choice((1, 1, 2))):
                self._change_headers(headers)
        body = _serialise(generated.value, in_ascii=chance.random() < 0.5)
        if chance.random() < 0.08:
            body = self._spoil(body)
        method = chance.choice(("GET", "DELETE", "HEAD", "OPTIONS", "PUT")) if chance.random() < 0.01 else "POST"
        path = "/mcp/" if chance.random() < 0.02 else "/mcp"
        return Sent(body, (*self._base, *headers), method, path)

    def _routing(self, generated: Generated) -> list[Header]:
        """The headers of the revision. Clients of the handshake may leave the version out."""
        message, version = generated.value, generated.version
        if version != MODERN:
            return [] if self._chance.random() < 0.3 else [(_VERSION, version)]
        headers = [(_VERSION, version)]
        if not isinstance(message, dict):
            return headers
        if isinstance(method := message.get("method"), str):
            headers.append(("Mcp-Method", _latin(method)))
            params = message.get("params")
            key = _NAMES.get(method)
            if isinstance(params, dict) and isinstance(name := params.get(key or ""), str):
                headers.append(("Mcp-Name", encode_header_value(name)))
            if isinstance(params, dict) and params.get("name") == "route":
                headers += self._mirrored(params.get("arguments"))
        return headers

    def _mirrored(self, arguments: Any) -> list[Header]:
        """Arguments that the tool wants in headers too, sometimes wrong."""
        headers = list[Header]()
        for argument, name in (("region", "Mcp-Param-Region"), ("priority", "Mcp-Param-Priority")):
            value = arguments.get(argument) if isinstance(arguments, dict) else None
            wrong = self._chance.random() < 0.15
            if wrong or isinstance(value, str | int | float):
                text = self._chance.choice(("eu", "1", "=?base64?!?=", "")) if wrong else str(value)
                headers.append((name, encode_header_value(text) if not wrong else text))
        return headers

    def _change_headers(self, headers: list[Header]) -> None:
        chance = self._chance
        changes: tuple[Callable[[], None], ...] = (
            lambda: _replace(headers, "Accept", chance.choice((*_ACCEPTS, None))),
            lambda: _replace(headers, "Content-Type", chance.choice((*_TYPES, None))),
            lambda: _replace(headers, _VERSION, chance.choice((*REVISIONS, *OTHER_VERSIONS, None))),
            lambda: _replace(headers, chance.choice(_ROUTING), None),
            lambda: _replace(headers, "Mcp-Method", chance.choice(("tools/list", "TOOLS/CALL", "ping", ""))),
            lambda: _replace(headers, "Mcp-Name", chance.choice(("get_book", "GET_BOOK", "=?base64?Z2V0X2Jvb2s=?="))),
            lambda: _replace(headers, "Mcp-Name", chance.choice(("=?base64?!?=", "=?base64?Z2V0X2Jvb2s?=", ""))),
            lambda: headers.append((chance.choice(_ROUTING), chance.choice((*REVISIONS, "tools/call", "get_book")))),
            lambda: headers.append((f"Mcp-Param-{chance.choice(('Region', 'Number'))}", "1")),
            lambda: headers.append(("Mcp-Session-Id", chance.choice(("abc", "")))),
            lambda: headers.append(("Last-Event-ID", "1")),
            lambda: headers.append(("Content-Encoding", chance.choice(("identity", "gzip", "br")))),
            lambda: headers.extend(_split_accept(headers)),
            lambda: headers.append(("Accept", chance.choice(("text/event-stream", "text/html", "*/*;q=0")))),
            lambda: headers.append(("X-MCP-Toolsets", chance.choice(("all", "nothing", "")))),
        )
        chance.choice(changes)()

    def _spoil(self, body: bytes) -> bytes:
        """Bytes that are not JSON, or not strictly."""
        chance = self._chance
        cut = chance.randrange(len(body) + 1)
        inside = body[1:-1]
        deep = chance.choice((30, 70, 150, 3000))
        return chance.choice(
            (
                *(b"", b"null", b"[]", b"5", b'"text"', b"{}", b"[{}]", b"NaN", b"\xff", b"\x00", body[:cut]),
                *(body + b" ", body + b"}", body + body, b"[" + body + b"]", b"[" + body + b"," + body + b"]"),
                *(b"\xef\xbb\xbf" + body, body.decode().encode("utf-16"), body.decode().encode("utf-32-le")),
                b"{" + inside + b',"id":1}',
                b'{"method":"ping",' + inside + b"}",
                b"{" + inside + b',"x":NaN}',
                b"{" + inside + b',"x":-Infinity}',
                b"{" + inside + b',"x":1e400}',
                b"{" + inside + b',"x":"\\ud800"}',
                b"{" + inside + b',"x":"\\ud83d\\ude00"}',
                b"{" + inside + b',"x":"\xff"}',
                b"{" + inside + b',"x":' + b"9" * 5000 + b"}",
                b"{" + inside + b',"x":' + b"[" * deep + b"]" * deep + b"}",
            )
        )


def _replace(headers: list[Header], name: str, value: str | None) -> None:
    headers[:] = [(known, old) for known, old in headers if known != name]
    if value is not None:
        headers.append((name, value))


def _split_accept(headers: list[Header]) -> list[Header]:
    """Take `Accept` out, and give it back as one field for each media range."""
    ranges = [one.strip() for name, value in headers if name == "Accept" for one in value.split(",")]
    _replace(headers, "Accept", None)
    return [("Accept", one) for one in ranges]


def _latin(text: str) -> str:
    """A method as a client would write it into a header: there is no encoding for what HTTP cannot carry."""
    return text if text.isascii() and text.isprintable() else "x"


def _serialise(value: Any, *, in_ascii: bool) -> bytes:
    return json.dumps(value, ensure_ascii=in_ascii).encode()
