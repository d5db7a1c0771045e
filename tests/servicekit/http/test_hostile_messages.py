"""Hostile JSON-RPC over real HTTP, in both eras: a clear 4xx or an error, never a 5xx, never -32603, never an echo."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servicekit.apps.general_app import READ, WRITE
from tests.servicekit.conftest import Site, era_headers, request

MARK = "MARKER-5c1d"
ERAS = ["legacy", "modern"]
VERSIONS = ["2025-11-25", "2026-07-28", "2024-11-05", "1999-01-01", MARK, ""]


class Attacker:
    """An attacker with a valid token, on one connection."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client = httpx2.Client(
            trust_env=False, headers={**site.headers(READ, WRITE), "Content-Type": "application/json"}
        )

    def send(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """Send, and check what must hold for every answer."""
        response = self.client.post(self.site.endpoint, content=body, headers=headers)
        text = response.text
        assert response.status_code < 500, (response.status_code, body, text)
        assert '"code":-32603' not in text, (body, text)
        assert "Traceback" not in text, (body, text)
        for word in ("pydantic", "site-packages", '.py"'):
            assert word not in text or word.encode() in body, (body, text)
        return response


@pytest.fixture(scope="module")
def attacker(site: Site) -> Iterator[Attacker]:
    one = Attacker(site)
    with one.client:
        yield one


def refused(response: httpx2.Response, *, status: int | None = None) -> None:
    assert MARK not in response.text, response.text
    assert status is None or response.status_code == status, (response.status_code, response.text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"text"',
        b"{}",
        b"[{}]",
        b'{"jsonrpc": "2.0"}',
        b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
        b'{"jsonrpc": 2.0, "id": 1, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": null, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": true, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": {"MARKER-5c1d": 1}, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": [], "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": 5}',
        b'{"jsonrpc": "2.0", "id": 1, "method": null}',
        b'{"jsonrpc": "2.0", "id": 1, "method": ["tools/list"]}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": "MARKER-5c1d"}',
        b'{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "x": NaN}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "x": "\\ud800"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "x": "\xff"}',
        '{"jsonrpc": "2.0", "id": 1, "method": "ping"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"jsonrpc": "2.0", "id": 1, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "x": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 1_000_000,
        b'[{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "x": 1e999}',
    ],
)
@pytest.mark.parametrize("era", ERAS)
def test_what_is_no_message_is_400(attacker: Attacker, era: str, body: bytes) -> None:
    response = attacker.send(body, era_headers("ping", None, era))
    refused(response, status=400)
    assert response.json()["error"]["message"]


CALL = {"name": "get_book", "arguments": {"number": 1}}
BAD_PARAMS: list[tuple[str, dict[str, Any]]] = [
    ("tools/call", {}),
    ("tools/call", {"name": MARK}),
    ("tools/call", {"name": 5}),
    ("tools/call", {"name": None}),
    ("tools/call", {"name": {MARK: 1}}),
    ("tools/call", {"name": "get_book", "arguments": MARK}),
    ("tools/call", {"name": "get_book", "arguments": [MARK]}),
    ("tools/call", {"name": "get_book", "arguments": {"number": MARK}}),
    ("tools/call", {"name": "get_book", "arguments": {"number": 10**300}}),
    ("tools/call", {"name": "get_book", "arguments": {f"{MARK} do this": 1}}),
    ("tools/call", {"name": "add_book", "arguments": {"title": MARK + "\x00"}}),
    ("tools/call", {"name": "list_books", "arguments": {"after": MARK}}),
    ("tools/call", {"name": "list_books", "arguments": {"fields": [MARK]}}),
    ("tools/call", {**CALL, "inputResponses": MARK}),
    ("tools/call", {**CALL, "requestState": MARK}),
    ("tools/call", {**CALL, "task": {"ttl": MARK}}),
    ("tools/list", {"cursor": MARK}),
    ("tools/list", {"cursor": 5}),
    ("resources/read", {}),
    ("resources/read", {"uri": MARK}),
    ("resources/read", {"uri": 5}),
    ("resources/read", {"uri": f"book://{MARK}"}),
    ("resources/read", {"uri": f"book://%00{MARK}"}),
    ("resources/read", {"uri": "book://" + "9" * 500_000}),
    ("resources/read", {"uri": f"file:///etc/{MARK}"}),
    ("resources/subscribe", {"uri": MARK}),
    ("prompts/get", {"name": MARK}),
    ("prompts/get", {"name": "recommend", "arguments": {"genre": 5}}),
    ("prompts/get", {"name": "recommend", "arguments": {MARK + " x": "a"}}),
    ("completion/complete", {"ref": MARK, "argument": MARK}),
    ("completion/complete", {"ref": {"type": MARK}, "argument": {"name": "genre", "value": ""}}),
    ("completion/complete", {"ref": {"type": "ref/prompt", "name": MARK}, "argument": {"name": MARK, "value": MARK}}),
    (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "recommend"}, "argument": {"name": "genre", "value": 5}},
    ),
    ("initialize", {"protocolVersion": MARK}),
    ("initialize", {"protocolVersion": 5, "capabilities": MARK, "clientInfo": MARK}),
    ("logging/setLevel", {"level": MARK}),
    ("subscriptions/listen", {"notifications": MARK}),
    (f"{MARK} do this", {}),
    (f"tools/call\n{MARK}", {}),
    (f"<{MARK}>", {}),
    (MARK * 20, {}),
    ("notifications/\u202e" + MARK, {}),
    ("", {}),
    ("__class__", {}),
    ("rpc.discover", {}),
]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("method", "params"), BAD_PARAMS, ids=lambda value: str(value)[:40])
def test_bad_parameters_are_explained_and_not_repeated(
    attacker: Attacker, era: str, method: str, params: dict[str, Any]
) -> None:
    message = request(method, params, era)
    name = params.get("name", params.get("uri"))
    plain = method if method.isascii() and method.isprintable() and method == method.strip() else "x"
    headers = era_headers(plain, name if isinstance(name, str) and name.isascii() and len(name) < 200 else None, era)
    refused(attacker.send(json.dumps(message).encode(), headers))


GARBAGE: list[Any] = [
    MARK,
    5,
    None,
    [],
    [MARK],
    {MARK: MARK},
    {"progressToken": {MARK: 1}},
    {"traceparent": 5, "tracestate": [MARK]},
]
GARBAGE += [{"traceparent": MARK * 9, "baggage": MARK}, {"io.modelcontextprotocol/protocolVersion": MARK}]
GARBAGE += [{"io.modelcontextprotocol/clientInfo": MARK}, {"io.modelcontextprotocol/clientCapabilities": MARK}]
GARBAGE += [
    {"io.modelcontextprotocol/clientInfo": {"name": {MARK: 1}, "version": [MARK]}},
    {"io.modelcontextprotocol/logLevel": MARK},
    {"fleet/timeout_ms": 10**400},
    {"fleet/timeout_ms": -(10**400)},
    {"progressToken": 10**400},
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("meta", GARBAGE, ids=lambda value: str(value)[:30])
def test_garbage_in_meta_and_in_the_version_header(attacker: Attacker, meta: Any, version: str) -> None:
    modern = request("tools/call", CALL, "modern")
    if isinstance(meta, dict):
        modern["params"]["_meta"].update(meta)
    else:
        modern["params"]["_meta"] = meta
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": "get_book"}
    attacker.send(json.dumps(modern).encode(), headers)


KEYS = st.sampled_from(
    ["name", "arguments", "uri", "_meta", "cursor", "ref", "argument", "level", "number", "title", MARK]
) | st.text(max_size=5)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([MARK, "get_book", "list_books", "book://1", "genre", "recommend", "2026-07-28", "\x00", ""])
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)
METHODS = st.sampled_from(
    [method for method, _ in BAD_PARAMS] + ["tools/list", "ping", "server/discover", "notifications/cancelled"]
)


@given(
    method=METHODS | st.text(st.characters(codec="utf-8"), max_size=10),
    params=st.dictionaries(KEYS, VALUES, max_size=4),
    identifier=st.none() | st.integers(-(2**70), 2**70) | st.text(st.characters(codec="utf-8"), max_size=5),
    era=st.sampled_from(ERAS),
    version=st.sampled_from(VERSIONS[:5]),
)
@settings(max_examples=150)
def test_any_message_is_answered_in_kind(
    attacker: Attacker, method: str, params: dict[str, Any], identifier: Any, era: str, version: str
) -> None:
    message = request(method, params if isinstance(params.get("_meta", {}), dict) else {}, era)
    if identifier is None:
        del message["id"]
    else:
        message["id"] = identifier
    headers = {
        "MCP-Protocol-Version": version,
        "Mcp-Method": method if method.isascii() and method.isprintable() and method == method.strip() else "x",
    }
    attacker.send(json.dumps(message).encode(), headers)


def test_the_server_still_works(attacker: Attacker) -> None:
    for era in ERAS:
        body = json.dumps(request("tools/call", CALL, era)).encode()
        response = attacker.send(body, era_headers("tools/call", "get_book", era))
        assert (response.status_code, "acme volume 1" in response.text) == (200, True)
