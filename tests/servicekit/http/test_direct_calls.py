"""Tool calls that go past the SDK's machinery of a request: answered as the SDK answers them, and as it would have."""

import asyncio
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from devkit.issuer.testing import RunningIssuer
from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.core.progress import report_progress
from servicekit.http import direct_calls
from servicekit.registry.tools import read
from servicekit.server.service import Service
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import READ, Books, app_settings, general_app
from tests.servicekit.conftest import Era, Site, at, era_headers, message_in, request

_DIFFERS = re.compile(r"\b[0-9a-f]{12}\b|\"next_cursor\\*\": ?\\*\"[^\"\\]*")  # correlation ids, sealed cursors
_ERAS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
_MODERN = _ERAS[-1]
_META = "io.modelcontextprotocol/"

values = st.one_of(st.none(), st.booleans(), st.integers(-2, 11_000), st.text(max_size=5), st.just([]), st.just({}))
calls = st.one_of(
    st.tuples(st.just("get_book"), st.fixed_dictionaries({"number": values})),
    st.tuples(st.just("list_books"), st.fixed_dictionaries({}, optional={"limit": values, "prefix": values})),
    st.tuples(st.sampled_from(["get_review", "get_shelf", "burn", "abandon", "ask_the_vault", "nothing", "add_book"]),
              st.fixed_dictionaries({}, optional={"name": values, "title": values})),
    st.tuples(values, values),
)  # fmt: skip
capabilities = st.one_of(
    st.sampled_from([{}, {"elicitation": {}}, {"elicitation": {"form": {}}}, {"sampling": 5}, {"x": {}}]), values
)
infos = st.one_of(st.just({"name": "c", "version": "1"}), st.just({"name": 1}), values)
metas = st.one_of(
    values,
    st.fixed_dictionaries(
        {},
        optional={
            f"{_META}protocolVersion": st.one_of(st.sampled_from(_ERAS), values),
            f"{_META}clientCapabilities": capabilities,
            f"{_META}clientInfo": infos,
            f"{_META}logLevel": st.one_of(st.just("info"), values),
            "traceparent": st.one_of(st.just("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), values),
            "fleet/timeout_ms": st.one_of(st.just(4000), values),
            "com.example/x": values,
        },
    ),
    st.just({f"{_META}protocolVersion": _MODERN, f"{_META}clientCapabilities": {}}),
)
more = st.fixed_dictionaries({}, optional={"inputResponses": values, "requestState": values, "other": values})
headers = st.fixed_dictionaries(
    {},
    optional={
        "MCP-Protocol-Version": st.sampled_from([*_ERAS, "2030-01-01", "x"]),
        "Mcp-Method": st.sampled_from(["tools/list", "TOOLS/CALL", ""]),
        "Mcp-Name": st.sampled_from(["get_book", "=?base64?Z2V0X2Jvb2s=?=", "=?base64?!?=", "GET_BOOK"]),
        "Mcp-Param-Number": st.just("1"),
        "Accept": st.sampled_from(["*/*", "application/json", "text/event-stream", "application/*, text/*;q=0.1"]),
    },
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=20) as client:
        yield client


def answers(site: Site, client: httpx2.Client, message: dict[str, Any], given: dict[str, str]) -> list[Any]:
    """Status and message of both ways: a member that the SDK passes over makes a message one that it answers itself."""
    found = []
    for sent in (message, {**message, "passed-over": 1}):
        response = client.post(site.endpoint, json=sent, headers={**site.headers(READ), **given})
        text = json.dumps(message_in(response), sort_keys=True) if response.content else ""
        found.append((response.status_code, _DIFFERS.sub("…", text)))
    return found


@pytest.mark.parametrize("version", _ERAS)
@given(call=calls, meta=metas, beside=more, changed=headers, plain=st.booleans())
def test_both_ways_give_the_same_answer(
    site: Site,
    client: httpx2.Client,
    version: str,
    call: tuple[Any, Any],
    meta: Any,
    beside: dict[str, Any],
    changed: dict[str, str],
    plain: bool,
) -> None:
    name, arguments = call
    params: dict[str, Any] = {"name": name, "arguments": arguments, **({} if plain else beside)}
    if not plain:
        params["_meta"] = meta
    elif version == _MODERN:
        params["_meta"] = {f"{_META}protocolVersion": version, f"{_META}clientCapabilities": {}}
    told = {"MCP-Protocol-Version": version}
    if version == _MODERN:
        named = name if isinstance(name, str) and re.fullmatch(r"\w+", name, re.ASCII) else "x"
        told |= {"Mcp-Method": "tools/call", "Mcp-Name": named}
    told |= {} if plain else changed
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}
    direct, through_the_sdk = answers(site, client, message, told)
    assert direct == through_the_sdk


def test_calls_of_conforming_clients_are_direct_calls(issuer: RunningIssuer, era: Era) -> None:
    books = Books(review="Schön.")
    with serving(lambda port: general_app(books, **at(port, issuer.url))) as base_url:
        site = Site(base_url, issuer)
        message = request("tools/call", {"name": "get_review", "arguments": {}}, era)
        response = site.post(message, **era_headers("tools/call", "get_review", era))
        assert response.headers["Content-Type"] == "application/json"
        assert "Schön." in response.text
        # The SDK streams to clients of before, and escapes what is not ASCII to those of today.
        response = site.post({**message, "more": 1}, **era_headers("tools/call", "get_review", era))
        assert response.headers["Content-Type"] == "text/event-stream" or "Schön." not in response.text


def test_a_silent_call_keeps_its_connection(issuer: RunningIssuer, era: Era, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_calls, "_PING_INTERVAL", 0.02)
    with serving(lambda port: general_app(**at(port, issuer.url))) as base_url:
        site = Site(base_url, issuer)
        message = request("tools/call", {"name": "wait", "arguments": {}, "_meta": {"fleet/timeout_ms": 300}}, era)
        response = site.post(message, **era_headers("tools/call", "wait", era))
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.text.startswith(": ping\r\n\r\n: ping\r\n\r\n")
        result = message_in(response)["result"]
        assert result["isError"]
        assert "0.3 s" in result["content"][0]["text"]


class Gauge(BaseModel):
    level: float


class Gauges:
    async def dry(self) -> Gauge:
        """What a gauge says that says nothing."""
        return Gauge(level=math.nan)

    async def garbled(self) -> Gauge:
        """Repeat the noise of a gauge."""
        raise Refused("It says \ud83d.")

    async def murmur(self) -> str:
        """Report and answer in lines that are none of a stream's."""
        await report_progress(1, message="high\u2028low")
        return "high\x85low"


@pytest.fixture
def gauges(issuer: RunningIssuer) -> Iterator[Site]:
    def build(port: int) -> Service:
        tools = [read(method, scope=READ) for method in (Gauges().dry, Gauges().garbled, Gauges().murmur)]
        settings = app_settings(**at(port, issuer.url))
        return Service(
            settings=settings,
            identity=ServerIdentity(name="gauges", title="", version="1", instructions=""),
            tools=tools,
        )

    with serving(build) as base_url:
        yield Site(base_url, issuer)


@pytest.mark.parametrize(
    ("tool", "member", "value"),
    [
        ("dry", "structuredContent", {"level": None}),
        ("garbled", "content", [{"type": "text", "text": "It says \ud83d."}]),
    ],
)
def test_what_json_cannot_say_does_not_break_the_answer(
    gauges: Site, era: Era, tool: str, member: str, value: Any
) -> None:
    response = gauges.post(request("tools/call", {"name": tool}, era), **era_headers("tools/call", tool, era))
    assert response.status_code == 200
    assert json.loads(response.content, parse_constant=pytest.fail)["result"][member] == value


def test_a_stream_is_read_by_lines_and_ends_as_the_client_wants(gauges: Site, era: Era) -> None:
    message = request("tools/call", {"name": "murmur", "_meta": {"progressToken": 1}}, era)
    response = gauges.post(message, **era_headers("tools/call", "murmur", era), Connection="close")
    told, answered = [
        json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line.startswith("data: ")
    ]
    assert told["params"]["message"] == "high\u2028low"
    assert answered["result"]["content"][0]["text"] == "high\x85low"
    assert response.headers.get_list("Connection") == ["close"]


async def test_a_bug_outside_the_pipeline_tells_nothing(
    issuer: RunningIssuer, era: Era, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("hunter2")

    monkeypatch.setattr("servicekit.mcp.server.request_info", broken)
    with serving(lambda port: general_app(**at(port, issuer.url))) as base_url:
        message = request("tools/call", {"name": "get_book", "arguments": {"number": 1}}, era)
        response = await asyncio.to_thread(
            Site(base_url, issuer).post, message, **era_headers("tools/call", "get_book", era)
        )
    assert message_in(response)["error"] == {"code": -32603, "message": "Internal server error"}
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["crash", "call"]
