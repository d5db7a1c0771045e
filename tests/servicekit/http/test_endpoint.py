"""The MCP endpoint: media types, ids, the handshake of every revision, JSON and event streams."""

import asyncio
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from devkit.issuer.testing import RunningIssuer
from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.core.progress import report_progress
from servicekit.http import request_watch
from servicekit.registry.tools import read
from servicekit.server.service import Service
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import READ, Books, app_settings, general_app
from tests.servicekit.conftest import Era, Site, at, era_headers, message_in, post, request
from tests.servicekit.http.raw_socket import connected

WHOAMI = request("tools/call", {"name": "books_whoami"})


def test_a_result_is_one_json_body(issuer: RunningIssuer, era: Era) -> None:
    books = Books(review="Schön.")
    with serving(lambda port: general_app(books, **at(port, issuer.url))) as base_url:
        message = request("tools/call", {"name": "get_review", "arguments": {}}, era)
        response = Site(base_url, issuer).post(message, **era_headers("tools/call", "get_review", era))
    assert response.headers["Content-Type"] == "application/json"
    assert "Schön." in response.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "Application/JSON"}, 200),
        ({"Content-Type": "application/json; charset=UTF-8"}, 200),
        ({"Content-Type": 'application/json;charset="utf-8"'}, 200),
        ({"Content-Type": "application/json; charset=utf-7"}, 415),
        ({"Content-Type": "application/json, text/plain"}, 415),
        ({"Content-Encoding": "identity"}, 200),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Accept": "*/*"}, 200),
        ({"Accept": "APPLICATION/JSON, Text/Event-Stream;q=0.5"}, 200),
        ({"Accept": "application/json, text/event-stream;q=0"}, 406),
        ({"Accept": "application/json;q=0.000, text/event-stream"}, 406),
        ({"Accept": "application/json"}, 406),
    ],
)
def test_media_types_are_read_as_http_has_them(site: Site, headers: dict[str, str], status: int) -> None:
    response = site.post(WHOAMI, **headers)
    assert response.status_code == status
    if status != 200:
        assert response.json()["error"]["code"] == -32600
    if "gzip" in headers.values():
        assert "Content-Encoding" in response.json()["error"]["message"]
        assert response.headers["Accept-Encoding"] == "identity"


def test_repeated_accept_fields_are_one_list(site: Site) -> None:
    headers = [(name, value) for name, value in site.headers(READ).items() if name != "Accept"]
    headers += [("Accept", "application/json"), ("Accept", "text/event-stream")]
    assert post(site.endpoint, json=WHOAMI, headers=headers).status_code == 200


@pytest.mark.parametrize("name", ["Content-Type", "MCP-Protocol-Version"])
def test_a_field_that_readers_may_read_differently_is_refused(site: Site, name: str) -> None:
    values = {"Content-Type": "application/json", "MCP-Protocol-Version": "2025-11-25"}
    headers = [*site.headers(READ).items(), *values.items(), (name, "application/x-yaml" if "T" in name else "x")]
    response = post(site.endpoint, content=json.dumps(WHOAMI), headers=headers)
    assert response.status_code == (415 if name == "Content-Type" else 400)


def test_a_ping_beyond_the_limit_is_not_told_of_tools(serve: Any) -> None:
    with serve(limit_tool=2) as site:
        answers = [site.post(request("ping")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    words = answers[2].json()["error"]["message"]
    assert words.startswith("You sent too many lists, pings and other messages in this minute. Wait ")


def test_a_slash_at_the_end_of_the_path_changes_nothing(site: Site) -> None:
    response = post(f"{site.endpoint}/", json=WHOAMI, headers=site.headers(READ))
    assert (response.status_code, response.json()["id"]) == (200, 1)
    assert post(f"{site.endpoint}/", json=WHOAMI).status_code == 401


@pytest.mark.parametrize(
    ("message_id", "status"),
    [("x" * 256, 200), (10**255, 200), (-(10**255), 200), ("", 200), ("x" * 257, 400), (10**256, 400), (1.5, 400)],
)
def test_an_id_has_at_most_256_characters(site: Site, message_id: Any, status: int) -> None:
    response = site.post({**WHOAMI, "id": message_id})
    assert response.status_code == status
    assert response.json()["id"] == (message_id if status == 200 else None)


def test_server_without_changes_says_what_to_do_instead(site: Site) -> None:
    asked = request("subscriptions/listen", {"notifications": {"resourceSubscriptions": ["book://1"]}})
    error = message_in(site.post(asked, **era_headers("subscriptions/listen")))["error"]
    assert error["code"] == -32601
    assert "does not report changes. Read a resource again" in error["message"]


def test_null_for_parameters_is_the_same_as_none(site: Site) -> None:
    assert site.post({**request("ping"), "params": None}).json()["result"] == {}


@pytest.mark.parametrize("changed", [{"params": []}, {"jsonrpc": "1.0"}, {"method": "no method"}])
def test_a_refused_message_is_answered_under_its_id(site: Site, changed: dict[str, Any]) -> None:
    response = site.post({**WHOAMI, "id": "seven", **changed})
    assert (response.status_code, response.json()["id"]) == (400, "seven")


@pytest.mark.parametrize("version", [None, "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_the_handshake_of_every_revision_is_json(site: Site, version: str | None) -> None:
    headers = {} if version is None else {"MCP-Protocol-Version": version}
    asked = version or "2025-06-18"
    hello = {"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    begun = site.post(request("initialize", hello), **headers)
    assert begun.json()["result"]["protocolVersion"] == asked
    assert begun.json()["result"]["capabilities"]["tools"] == {"listChanged": False}
    done = site.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, **headers)
    assert (done.status_code, done.content) == (202, b"")
    assert site.post(request("ping"), **headers).json()["result"] == {}
    listed = site.post(request("tools/list"), **headers).json()["result"]
    assert listed.keys() == {"tools"}
    assert "get_book" in {tool["name"] for tool in listed["tools"]}


def test_a_silent_call_keeps_its_connection(issuer: RunningIssuer, era: Era, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_watch, "_PING_INTERVAL", 0.02)
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


def test_a_client_of_http_1_0_gets_no_stream(gauges: Site) -> None:
    """It cannot read `Transfer-Encoding: chunked` (RFC 9112 §6.1)."""
    body = json.dumps(request("tools/call", {"name": "murmur", "_meta": {"progressToken": 1}})).encode()
    with connected(gauges.base_url) as connection:
        fields = {**gauges.headers(READ), "Host": connection.host, "Content-Type": "application/json"}
        lines = ["POST /mcp HTTP/1.0", *(f"{name}: {value}" for name, value in fields.items())]
        connection.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
        assert connection.closed()
    head, _, answered = connection.received.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert json.loads(answered)["result"]["content"][0]["text"] == "high\x85low"


async def test_a_bug_outside_the_pipeline_tells_nothing(
    issuer: RunningIssuer, era: Era, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("hunter2")

    monkeypatch.setattr("servicekit.mcp.methods.request_info", broken)
    with serving(lambda port: general_app(**at(port, issuer.url))) as base_url:
        message = request("tools/call", {"name": "get_book", "arguments": {"number": 1}}, era)
        response = await asyncio.to_thread(
            Site(base_url, issuer).post, message, **era_headers("tools/call", "get_book", era)
        )
    assert message_in(response)["error"] == {"code": -32603, "message": "Internal server error"}
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["crash", "call"]
