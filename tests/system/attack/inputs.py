"""Draws inputs for one server: requests of every method and both revisions, right ones and spoiled ones."""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from mcp.shared.inbound import encode_header_value

from tests.system.load.wire import LEGACY, META, MODERN

from . import hostile_values
from .arguments import drawn, from_schema
from .catalogue import Catalogue
from .mutations import encoded, spoiled, spoiled_bytes

_OLDER: Final = ("2024-11-05", "2025-03-26", "2025-06-18", LEGACY)
_METHODS: Final = (
    *("tools/list", "resources/list", "resources/templates/list", "prompts/list", "ping", "server/discover"),
    *("initialize", "logging/setLevel", "resources/subscribe", "tasks/get", "notifications/initialized"),
    *("notifications/cancelled", "", "__class__", "tools/call/../list", "x" * 5000, "tools/call\r\nX: y", "é"),
)
_DRAWN: Final = 60
"""Arguments of each tool that Hypothesis draws; each is used many times, spoiled differently."""


@dataclass(frozen=True)
class Input:
    """One HTTP request to the MCP endpoint.

    Attributes:
        headers: besides Host and credential, with their line ends.
    """

    kind: str
    headers: str
    body: bytes

    def __str__(self) -> str:
        headers = self.headers.replace("\r\n", " | ")
        return f"{self.kind}: {headers} {self.body.decode('utf-8', 'backslashreplace')}"

    @property
    def wants_stream(self) -> bool:
        """Whether a right answer is a stream without an end."""
        return b"subscriptions/listen" in self.body


class Inputs:
    """Draws inputs; the same seed and catalogue draw the same ones."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self._catalogue = catalogue
        self._chance = random.Random(seed)
        self._arguments = {
            name: drawn(from_schema(tool["inputSchema"]), _DRAWN, seed) for name, tool in catalogue.tools.items()
        }
        self._kinds: tuple[tuple[int, Callable[[], tuple[str, dict[str, Any]]]], ...] = (
            (70, self._call),
            (8, self._read),
            (4, self._prompt),
            (4, self._completion),
            (3, self._other),
            (2, self._subscription),
        )

    def draw(self) -> Input:
        """An input: seven in ten are spoiled, one in twelve in its bytes."""
        chance = self._chance
        ((_, kind),) = chance.choices(self._kinds, [weight for weight, _ in self._kinds])
        method, params = kind()
        version = MODERN if chance.random() < 0.5 else chance.choice(_OLDER)
        params = deepcopy(params)
        if version == MODERN or chance.random() < 0.1:
            params["_meta"] = {**META, "io.modelcontextprotocol/protocolVersion": version}
        if method == "tools/call" and chance.random() < 0.15:
            params.setdefault("_meta", {})["progressToken"] = chance.choice((1, "p", "\u202e", 10**30))
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        if chance.random() < 0.06:
            message = spoiled(chance, message)
        body = encoded(message, in_ascii=chance.random() < 0.5)
        if chance.random() < 0.08:
            body = spoiled_bytes(chance, body)
        return Input(f"{method[:40]!r}", self._headers(version, method, params), body)

    def _headers(self, version: str, method: str, params: dict[str, Any]) -> str:
        chance = self._chance
        headers = [("MCP-Protocol-Version", version)]
        if version == MODERN:
            name = params.get("name", params.get("uri"))
            headers.append(("Mcp-Method", method))
            if isinstance(name, str):
                headers.append(("Mcp-Name", encode_header_value(name.encode("utf-8", "replace").decode())))
        if chance.random() < 0.05:
            name = chance.choice(("Mcp-Name", "Mcp-Method", "MCP-Protocol-Version", "traceparent", "X-MCP-Toolsets"))
            headers.append((name, hostile_values.text(chance)))
        if chance.random() < 0.05:
            name = chance.choice(("User-Agent", "Last-Event-ID", "Mcp-Session-Id", "Idempotency-Key", "X-Request-Id"))
            headers.append((name, hostile_values.text(chance)))
        # What no client can put into a header would only end the connection.
        return "".join(f"{name}: {_header_text(value)}\r\n" for name, value in headers)

    def _call(self) -> tuple[str, dict[str, Any]]:
        chance, catalogue = self._chance, self._catalogue
        name = chance.choice(list(catalogue.tools))
        source = chance.random()
        if source < 0.45:
            arguments = deepcopy(chance.choice(self._arguments[name]))
        else:
            arguments = deepcopy(catalogue.samples[name])
            properties = catalogue.tools[name]["inputSchema"].get("properties", {})
            for argument in properties:
                if argument not in arguments and chance.random() < 0.3:
                    generated = chance.choice(self._arguments[name])
                    arguments |= {argument: generated[argument]} if argument in generated else {}
        for argument in list(arguments):
            values = catalogue.values_of(argument)
            if values and chance.random() < 0.7:
                arguments[argument] = chance.choice(values)
        if chance.random() < 0.65:
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                arguments = spoiled(chance, arguments)
        return "tools/call", {"name": name, "arguments": arguments}

    def _read(self) -> tuple[str, dict[str, Any]]:
        return "resources/read", {"uri": self._uri()}

    def _uri(self) -> str:
        """A URI of a template, with real and hostile values, encoded and not."""
        chance = self._chance
        if not self._catalogue.templates or chance.random() < 0.1:
            return hostile_values.text(chance)
        uri = chance.choice(self._catalogue.templates)
        while "{" in uri:
            before, _, rest = uri.partition("{")
            variable, _, after = rest.partition("}")
            values = self._catalogue.values_of(variable.strip("+/?#."))
            value = str(chance.choice(values)) if values and chance.random() < 0.6 else hostile_values.text(chance)
            if chance.random() < 0.5:
                value = quote(value.encode("utf-8", "replace").decode(), safe="")
            uri = before + value.replace("{", "%7B") + after
        return (
            uri
            if chance.random() < 0.8
            else chance.choice((uri.upper(), uri + "/..", uri + "?x=1", f" {uri}", uri * 2))
        )

    def _prompt(self) -> tuple[str, dict[str, Any]]:
        chance, prompts = self._chance, self._catalogue.prompts
        name = chance.choice(list(prompts)) if prompts else "x"
        arguments = {
            argument: hostile_values.text(chance) for argument in prompts.get(name, ()) if chance.random() < 0.9
        }
        return "prompts/get", {
            "name": name,
            "arguments": spoiled(chance, arguments) if chance.random() < 0.3 else arguments,
        }

    def _completion(self) -> tuple[str, dict[str, Any]]:
        chance, catalogue = self._chance, self._catalogue
        reference: dict[str, Any] = {"type": "ref/resource", "uri": chance.choice([*catalogue.templates, "x://{y}"])}
        names = [part.partition("}")[0].strip("+") for part in reference["uri"].split("{")[1:]] or ["x"]
        if catalogue.prompts and chance.random() < 0.5:
            prompt = chance.choice(list(catalogue.prompts))
            reference = {"type": "ref/prompt", "name": prompt}
            names = catalogue.prompts[prompt] or ["x"]
        params = {"ref": reference, "argument": {"name": chance.choice(names), "value": hostile_values.text(chance)}}
        return "completion/complete", spoiled(chance, params) if chance.random() < 0.3 else params

    def _other(self) -> tuple[str, dict[str, Any]]:
        params = {"cursor": hostile_values.text(self._chance)} if self._chance.random() < 0.5 else {}
        return self._chance.choice(_METHODS), params

    def _subscription(self) -> tuple[str, dict[str, Any]]:
        chance = self._chance
        wanted: dict[str, Any] = {"resourceSubscriptions": [self._uri() for _ in range(chance.choice((1, 3, 200)))]}
        if chance.random() < 0.5:
            wanted["toolsListChanged"] = True
        return "subscriptions/listen", {"notifications": spoiled(chance, wanted) if chance.random() < 0.3 else wanted}


def _header_text(value: str) -> str:
    return "".join(one for one in value[:2000] if one.isprintable() and ord(one) < 256)
