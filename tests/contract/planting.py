"""A client and an upstream that send secrets in every place that is theirs."""

import contextlib
import json
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any, Final, Self
from urllib.parse import quote

import httpx2

from devkit.simulators.faults import Fault
from servicekit.registry.operation import Operation
from servicekit.registry.registry import Registry
from tests.fixtures.uris import filled

from .argument_cases import cases_of, placed, sample
from .planted_secrets import SPELLINGS, in_lines

PATIENCE: Final = 30.0
"""Seconds that a request may take on a busy machine."""
_TURN: Final = 2  # spellings for each argument, in turn, besides a path and all of them at once
_HEADER: Final = 900  # characters
_REVISION: Final = "2026-07-28"
_META: Final = "io.modelcontextprotocol"
_ALL: Final = "\n".join(SPELLINGS)
_VISIBLE: Final = "!#$%&'()*+,/:;=?@[]{}<> ~"
"""What may stand in a header besides letters and digits."""


class Planter:
    """A client that sends secrets in every place of a request."""

    def __init__(self, base_url: str, token: str, registry: Registry) -> None:
        self._endpoint = f"{base_url}/mcp"
        self._http = httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)
        self._registry = registry
        self._turns = cycle(SPELLINGS)
        self.sent: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def message(self, method: str, params: dict[str, Any], spelling: str, headers: dict[str, str] | None = None) -> Any:
        """Send one message in two revisions, with a spelling in each of its ids."""
        plain = quote(spelling, safe=_VISIBLE)  # no line break fits into a header
        name = params.get("name") or params.get("uri") or ""
        meta = {
            f"{_META}/protocolVersion": _REVISION,
            f"{_META}/clientCapabilities": {},
            f"{_META}/clientInfo": {"name": spelling, "version": spelling},
            "progressToken": spelling,
            "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
            "tracestate": f"vendor={plain[:250]}",
            "baggage": f"user={plain}",
        }
        for modern in (True, False):
            routing = {"MCP-Protocol-Version": _REVISION, "Mcp-Method": method, "Mcp-Name": quote(str(name))}
            sent = {
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
                "User-Agent": plain,
                "X-Request-Id": plain,
                "Mcp-Session-Id": plain,
                "Last-Event-Id": plain,
                "tracestate": f"vendor={plain[:250]}",
                "traceparent": f"00-{'c' * 32}-{'d' * 16}-01",
                "baggage": f"user={plain}",
                "X-Forwarded-For": plain,
                "X-MCP-Toolsets": "all",
                **(routing if modern else {"MCP-Protocol-Version": "2025-11-25"}),
                **(headers or {}),
            }
            body = {
                "jsonrpc": "2.0",
                "id": spelling[:256],
                "method": method,
                "params": {**params, **({"_meta": meta} if modern else {"_meta": {"progressToken": spelling}})},
            }
            self.sent.append(json.dumps([sent, body]))
            with contextlib.suppress(httpx2.HTTPError):
                self._http.post(self._endpoint, json=body, headers=sent)

    def plant(self) -> None:
        """Secrets in every id, in every argument of every operation, and in names that do not exist."""
        whoami = next(tool.name for tool in self._registry.tools.values() if not tool.scopes)
        for spelling in SPELLINGS:
            self.message("tools/call", {"name": whoami, "arguments": {}}, spelling)
        for spelling in islice(SPELLINGS, 0, None, 3):
            self._plant_names(spelling)
        for operation in self._registry.operations:
            for case in cases_of(operation):
                for value in (*islice(self._turns, _TURN), f"docs/{next(self._turns)}", _ALL):
                    arguments = placed(sample(operation.arguments.kinds), operation.arguments.kinds, case.path, value)
                    self.call(operation, arguments, value)

    def _plant_names(self, spelling: str) -> None:
        encoded = quote(spelling, safe="")
        self.message("tools/call", {"name": spelling, "arguments": {spelling: spelling}}, spelling)
        self.message("prompts/get", {"name": spelling, "arguments": {spelling: spelling}}, spelling)
        self.message(spelling, {spelling: spelling}, spelling)
        self.message("tools/list", {"cursor": spelling}, spelling)
        for scheme in ("order", "ticket", "repo", "none"):
            self.message("resources/read", {"uri": f"{scheme}://{encoded}"}, spelling)
        self.message("resources/read", {"uri": f"repo://octo/demo/main/contents/docs/{encoded}"}, spelling)
        reference = {"type": "ref/resource", "uri": spelling}
        self.message("completion/complete", {"ref": reference, "argument": {"name": "q", "value": spelling}}, spelling)
        self.message("tools/list", {}, spelling, {"Authorization": f"Bearer {encoded}"})
        self.message("tools/list", {}, spelling, {"Authorization": "", "X-API-Key": encoded})
        self.message("tools/list", {}, spelling, {"Origin": f"https://{encoded}", "Host": f"{encoded[:60]}.example"})
        with contextlib.suppress(httpx2.HTTPError):
            self._http.get(f"{self._endpoint}/{encoded[:500]}?token={encoded[:500]}")

    def call(self, operation: Operation, arguments: dict[str, Any], spelling: str) -> None:
        """Run an operation with these arguments, and a spelling in the ids."""
        spelling = spelling[:_HEADER]
        match operation.kind:
            case "tool":
                self.message("tools/call", {"name": operation.name, "arguments": arguments}, spelling)
            case "prompt":
                texts = {name: str(value) for name, value in arguments.items()}
                self.message("prompts/get", {"name": operation.name, "arguments": texts}, spelling)
            case "resource":
                # A URI names every variable, so an argument that `sample` leaves out is empty.
                values = dict.fromkeys(operation.arguments.names, "") | arguments
                self.message("resources/read", {"uri": filled(operation.name, values)}, spelling)
            case _:
                self._complete(operation, arguments, spelling)

    def _complete(self, operation: Operation, arguments: dict[str, Any], spelling: str) -> None:
        for owner in (*self._registry.prompts.values(), *self._registry.resources.values()):
            if operation.name in owner.arguments.names:
                reference = (
                    {"type": "ref/prompt", "name": owner.name}
                    if owner.kind == "prompt"
                    else {"type": "ref/resource", "uri": owner.name}
                )
                argument = {"name": operation.name, "value": str(arguments.get("prefix", ""))[:250]}
                context = {"arguments": {"owner": spelling[:250]}}
                self.message(
                    "completion/complete", {"ref": reference, "argument": argument, "context": context}, spelling
                )
                return


def answers(status: int) -> Iterator[Fault]:
    """Responses of an upstream that hold every secret: in a message, errors, headers, a location, and no JSON."""
    parts = [*in_lines(SPELLINGS, 2000)]
    for text in parts:
        said = {"message": text, "reason": text, "error": True, "errors": [{"message": text}, text]}
        line = quote(text, safe=_VISIBLE)
        headers = {"content-type": "application/json", "x-secret": line, "x-github-request-id": line}
        yield Fault(kind="answer", status=status, headers=headers, body=json.dumps(said))
    yield Fault(
        kind="answer", status=status, headers={"location": f"https://other.example/{parts[0][:500]!r}"}, body="{"
    )


def plant_upstream(planter: Planter, registry: Registry) -> None:
    """Calls that reach the upstream, which answers with secrets."""
    for name in ("get_issue", "create_issue", "search_code", "search_locations", "get_current_weather"):
        if name in registry.tools:
            arguments = sample(registry.tools[name].arguments.kinds)
            arguments |= {"owner": "octo-labs", "repo": "demo"} if "owner" in arguments else {}
            planter.call(registry.tools[name], arguments, "an upstream with secrets")
