"""Generated JSON-RPC messages: a valid one of any method and revision, then changed in any number of ways.

All draws come from one `random.Random`, so that a seed repeats a run.
"""

import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_MODERN_VERSION

META: Final = "io.modelcontextprotocol/"
MODERN: Final = LATEST_MODERN_VERSION
REVISIONS: Final = (*HANDSHAKE_PROTOCOL_VERSIONS, MODERN)
OTHER_VERSIONS: Final = ("2030-01-01", "1999-01-01", "x", "", "2025-11-25 ", "DRAFT-2026-v1")

_TEXTS: Final = ("", "a", "get_book", "é", "\u2028", "x" * 300, "\x00", "5", "book://1", "info", "null")
_JSON: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 5, 1.0, 1.5, -0.0, 2**53, 10**30, -(10**30)),
    *([], {}, [1], {"a": 1}, {"name": "x"}, [[]], {"type": "text"}),
    *_TEXTS,
)
_IDS: Final[tuple[Any, ...]] = (
    *(None, True, False, 1.0, 1.5, [], {}, [1], {"id": 1}),
    *(0, -1, 2**53 + 1, 10**30, -(10**30), "", "1", "é", "x" * 256, "x" * 257, "x" * 5000, "\u2028", "null"),
)
_CALLS: Final[Mapping[str, Mapping[str, tuple[Any, ...]]]] = {
    "get_book": {"number": (1, 120, 121, 0, -1, 10_001, "5", 1.0, None)},
    "list_books": {
        "prefix": ("acme", "none", "", None),
        "limit": (1, 50, 51, 0, "3"),
        "after": ("x", None),
        "fields": (["title"], ["cover"], []),
    },
    "list_titles": {"cursor": ("x", None)},
    "get_shelf": {"name": ("a", "x" * 41, 5)},
    "get_review": {},
    "add_book": {"title": ("A", "", 5)},
    "burn": {},
    "misplace": {},
    "abandon": {},
    "ask_the_vault": {},
    "paint": {},
    "perform": {},
    "exhibit": {"limit": (1, 2, 3)},
    "expose": {},
    "bind": {"title": ("A",)},
    "route": {"region": ("eu", "é", " eu", "=?base64?ZXU=?="), "priority": (1, 1.0, -5, 10**20, None)},
    "books_whoami": {},
    "books_list_my_actions": {},
    "nothing": {"a": (1,)},
}
_URIS: Final = (
    *("book://1", "book://120", "book://121", "book://%31", "book://x", "books://rules", "books://secret-rules"),
    *("books://nothing", "content://pixel", "content://wall", "no uri", "", "book://" + "9" * 3000, "file:///etc/x"),
)
_NOTIFICATIONS: Final = (
    *("notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/foo"),
    *("notifications/roots/list_changed", "notifications/message", "tools/call", "initialize", "notify"),
)
_UNSERVED: Final = (
    *("logging/setLevel", "resources/subscribe", "resources/unsubscribe", "subscriptions/listen", "tasks/get"),
    *("tasks/list", "roots/list", "sampling/createMessage", "elicitation/create", "foo", "foo/bar", "rpc.discover"),
    *("Tools/Call", "tools/call ", "", "é", "x" * 129, "__class__", "tools//call"),
)
_RESPONSES: Final[tuple[dict[str, Any], ...]] = (
    {"id": 1, "result": {}},
    {"id": "1", "result": {"action": "accept"}},
    {"id": 1, "result": 5},
    {"id": 1, "error": {"code": -1, "message": "no"}},
    {"id": None, "error": {"code": -1, "message": "no"}},
    {"id": 1, "error": {"code": "x", "message": 5}},
    {"id": 1, "error": 5},
    {"id": 1, "result": {}, "error": {"code": -1, "message": "no"}},
    {"id": 1, "method": "ping", "error": {"code": -1, "message": "no"}},
    {"id": 1, "method": "tools/list", "error": {"code": -1, "message": "no"}, "result": {}},
    {"result": {}},
    {"id": 1},
    {},
)


@dataclass(frozen=True)
class Generated:
    """One message, and the revision that its sender means."""

    value: Any
    version: str


class Messages:
    """Draws messages."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._kinds: tuple[tuple[int, Callable[[], dict[str, Any]]], ...] = (
            (10, self._call),
            (2, self._read),
            (2, self._prompt),
            (2, self._completion),
            (3, self._list),
            (3, self._initialize),
            (1, self._ping),
            (1, self._discover),
            (2, self._unserved),
            (2, self._notification),
            (1, self._response),
        )

    def draw(self) -> Generated:
        """A message; half of them as a conforming client sends it."""
        chance = self._chance
        version = chance.choice((*REVISIONS, MODERN, MODERN, MODERN))
        (kind,) = chance.choices([kind for _, kind in self._kinds], [weight for weight, _ in self._kinds])
        message: dict[str, Any] = {"jsonrpc": "2.0", **deepcopy(kind())}
        if "method" in message and "id" in message and (version == MODERN or chance.random() < 0.1):
            params = message.setdefault("params", {})
            params["_meta"] = {f"{META}protocolVersion": version, f"{META}clientCapabilities": {}}
        if chance.random() < 0.25:
            self._decorate(message)
        if chance.random() < 0.5:
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                self._change(message)
        return Generated([message] if chance.random() < 0.01 else message, version)

    def _request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        request: dict[str, Any] = {"id": self._chance.choice((1, 7, "a", "abc-1")), "method": method}
        return request if params is None else {**request, "params": params}

    def _call(self) -> dict[str, Any]:
        name = self._chance.choice((*_CALLS, *("get_book",) * 4))
        arguments = {
            key: self._chance.choice(values) for key, values in _CALLS[name].items() if self._chance.random() < 0.7
        }
        params: dict[str, Any] = {"name": name, "arguments": arguments}
        if not arguments and self._chance.random() < 0.5:
            del params["arguments"]
        if self._chance.random() < 0.1:
            params["inputResponses"] = {
                self._chance.choice(("binding", "other")): {
                    "action": self._chance.choice(("accept", "decline", "cancel", "x")),
                    "content": {"leather": self._chance.choice((True, False, "yes", None))},
                }
            }
        return self._request("tools/call", params)

    def _read(self) -> dict[str, Any]:
        return self._request("resources/read", {"uri": self._chance.choice(_URIS)})

    def _prompt(self) -> dict[str, Any]:
        chance = self._chance
        arguments = chance.choice(({"genre": "sea"}, {"genre": 5}, {}, {"name": "Ann"}, {"genre": "a", "x": "y"}))
        name = chance.choice(("recommend", "criticise", "nothing"))
        return self._request("prompts/get", {"name": name, "arguments": arguments})

    def _completion(self) -> dict[str, Any]:
        chance = self._chance
        reference = chance.choice(
            (
                *({"type": "ref/prompt", "name": name} for name in ("recommend", "nothing")),
                *({"type": "ref/resource", "uri": uri} for uri in ("book://{number}", "books://rules", "x")),
                {"type": "ref/tool", "name": "x"},
            )
        )
        argument = {
            "name": chance.choice(("genre", "number", "x")),
            "value": chance.choice(("genre 00", "", "genre 149", 5)),
        }
        params: dict[str, Any] = {"ref": reference, "argument": argument}
        if chance.random() < 0.3:
            params["context"] = chance.choice(({"arguments": {"genre": "a"}}, {"arguments": {"genre": 5}}, {}, 5))
        return self._request("completion/complete", params)

    def _list(self) -> dict[str, Any]:
        chance = self._chance
        method = chance.choice(("tools/list", "tools/list", "resources/list", "resources/templates/list"))
        method = "prompts/list" if chance.random() < 0.2 else method
        params = {"cursor": chance.choice(("x", "", None, 5))} if chance.random() < 0.3 else chance.choice((None, {}))
        return self._request(method, params)

    def _initialize(self) -> dict[str, Any]:
        version = self._chance.choice((*REVISIONS, *OTHER_VERSIONS))
        client = {"name": "client", "version": "1", **self._chance.choice(({}, {"title": "C"}, {"icons": []}))}
        capabilities = self._chance.choice(({}, {"roots": {"listChanged": True}}, {"elicitation": {}}, {"x": {}}))
        return self._request(
            "initialize", {"protocolVersion": version, "capabilities": capabilities, "clientInfo": client}
        )

    def _ping(self) -> dict[str, Any]:
        return self._request("ping", self._chance.choice((None, {})))

    def _discover(self) -> dict[str, Any]:
        return self._request("server/discover", self._chance.choice((None, {})))

    def _unserved(self) -> dict[str, Any]:
        params = self._chance.choice((None, {}, {"level": "info"}, {"uri": "book://1"}, {"notifications": {}}))
        return self._request(self._chance.choice(_UNSERVED), params)

    def _notification(self) -> dict[str, Any]:
        notification: dict[str, Any] = {"method": self._chance.choice(_NOTIFICATIONS)}
        params = self._chance.choice((None, {}, {"requestId": 1}, {"progressToken": 1, "progress": 1}))
        return notification if params is None else {**notification, "params": params}

    def _response(self) -> dict[str, Any]:
        return self._chance.choice(_RESPONSES)

    def _decorate(self, message: dict[str, Any]) -> None:
        """Add what a client may send in `_meta`, valid or not."""
        params = message.get("params")
        if not isinstance(params, dict):
            return
        meta = params.setdefault("_meta", {})
        any_json = self._any_json
        extras: tuple[tuple[str, tuple[Any, ...]], ...] = (
            ("progressToken", (1, "p", None, any_json())),
            (f"{META}clientInfo", ({"name": "c", "version": "1"}, {"name": 1}, any_json())),
            (f"{META}clientCapabilities", ({"elicitation": {}}, {"elicitation": {"form": {}}}, {"x": 1}, any_json())),
            (f"{META}logLevel", ("info", any_json())),
            ("traceparent", ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", any_json())),
            ("fleet/timeout_ms", (4000, any_json())),
            ("com.example/x", (any_json(),)),
        )
        for key, values in self._chance.sample(extras, 2):
            meta[key] = self._chance.choice(values)

    def _change(self, message: dict[str, Any]) -> None:
        """Spoil one thing, at any depth."""
        chance = self._chance
        if chance.random() < 0.2:
            message["id"] = deepcopy(chance.choice(_IDS))
            return
        place = message
        while chance.random() < 0.6:
            inner = [value for value in place.values() if isinstance(value, dict)]
            if not inner:
                break
            place = chance.choice(inner)
        key = chance.choice((*place, "extra")) if place else "extra"
        if key in place and chance.random() < 0.4:
            del place[key]
        else:
            place[key] = self._any_json()

    def _any_json(self) -> Any:
        return deepcopy(self._chance.choice(_JSON))
