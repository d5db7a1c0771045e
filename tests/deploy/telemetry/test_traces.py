"""One trace from the client to SQL, as a collector receives it, in both protocol revisions."""

import re
import secrets
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.loopback.ports import free_port
from devkit.stores.databases import DatabaseUrls

from .collector import Collector, Span, tree
from .server import Server, in_trace, serving

ERAS = ("auto", "legacy")
SPAN_SERVER, SPAN_CLIENT = 2, 3  # opentelemetry.proto.trace.v1.Span.SpanKind


def new_trace() -> str:
    return secrets.token_hex(16)


def root_of(spans: list[Span], name: str) -> Span:
    """The one server span of this name."""
    (root,) = [span for span in spans if (span.name, span.kind) == (name, SPAN_SERVER)]
    return root


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_is_one_trace_from_the_client_to_sql(era: str, server: Server, collector: Collector) -> None:
    trace_id = new_trace()
    async with server.client(era) as client:
        await client.list_tools()  # or the client asks for it inside the call
        with in_trace(trace_id):
            result = await client.call_tool("search_orders", {"limit": 3})
    assert not result.is_error, result.content
    spans = collector.trace(trace_id, "tools/call search_orders")
    (root,) = tree(spans).values()
    limit, tool = root.pop("rate_limit", {"EVALSHA": {}}), root.pop("tool")  # absent where a lease decides the call
    root.pop("authentication", None)
    root.pop("result", None)
    assert root == {}
    assert limit == {"EVALSHA": {}}
    tool.pop("connection", None)
    assert {"SELECT telemetry_orders"} <= set(tool)
    call = root_of(spans, "tools/call search_orders")
    assert call.parent_id
    assert call.attributes["mcp.method.name"] == "tools/call"
    assert call.attributes["gen_ai.tool.name"] == "search_orders"
    assert call.attributes["gen_ai.operation.name"] == "execute_tool"
    assert call.attributes["network.transport"] == "tcp"
    assert call.attributes["mcp.protocol.version"] == ("2026-07-28" if era == "auto" else "2025-11-25")
    assert call.attributes["jsonrpc.request.id"]
    assert call.attributes["enduser.id"] == "ann"
    assert "error.type" not in call.attributes
    assert call.resource["service.name"] == "orders"
    assert call.resource["service.version"]
    assert call.resource["service.instance.id"]


async def test_the_log_line_and_the_audit_trail_carry_the_same_id(server: Server, collector: Collector) -> None:
    trace_id = new_trace()
    async with server.client() as client:
        with in_trace(trace_id):
            await client.call_tool("search_orders", {"limit": 1})
    line = server.line(event="call", trace_id=trace_id)
    call = root_of(collector.trace(trace_id, "tools/call search_orders"), "tools/call search_orders")
    assert line["span_id"] == call.span_id
    assert line["operation"] == "tools/call search_orders"
    assert (line["outcome"], line["subject"], line["tenant"]) == ("ok", "ann", "acme")
    assert re.fullmatch(r"[0-9a-f]{12}", line["description_hash"])
    assert line["duration_ms"] == pytest.approx(call.seconds * 1000, rel=0.5, abs=20)


async def test_sql_is_traced_without_its_values(server: Server, collector: Collector) -> None:
    trace_id = new_trace()
    async with server.client() as client:
        with in_trace(trace_id):
            await client.call_tool("search_orders", {"query": "marker"})
    statements = [
        span for span in collector.trace(trace_id, "tools/call search_orders") if "db.query.text" in span.attributes
    ]
    assert statements
    for span in statements:
        assert span.kind == SPAN_CLIENT
        assert span.attributes["db.system.name"] == "postgresql"
        assert span.attributes["db.operation.name"] in ("SELECT", "WITH")
        assert span.attributes["server.port"] > 0
        assert "$1" in span.attributes["db.query.text"]
    assert "marker" not in str([span.attributes for span in collector.spans])


async def test_a_write_shows_every_stage(server: Server, collector: Collector) -> None:
    trace_id = new_trace()
    async with server.client() as client:
        order = (await client.call_tool("search_orders", {"limit": 1})).structured_content["items"][0]
        arguments = {"order_id": order["id"], "notes": "Ring twice.", "idempotency_key": secrets.token_urlsafe(16)}
        with in_trace(trace_id):
            result = await client.call_tool("update_order_notes", arguments)
    assert not result.is_error, result.content
    (root,) = tree(collector.trace(trace_id, "tools/call update_order_notes")).values()
    assert {"idempotency", "record", "tool"} <= set(root)
    assert set(root) & {"BEGIN telemetry_orders", "COMMIT telemetry_orders"}
    assert any(name.startswith(("UPDATE", "INSERT")) for name in root["tool"])
    assert any(name.startswith(("INSERT", "WITH")) for name in root["record"]), root["record"]


def context_of(trace_id: str, span_id: str, flags: str = "01") -> dict[str, str]:
    return {"traceparent": f"00-{trace_id}-{span_id}-{flags}"}


def test_meta_is_the_parent_and_the_headers_are_linked(server: Server, collector: Collector) -> None:
    inner, outer = new_trace(), new_trace()
    meta, header = context_of(inner, "1" * 16), context_of(outer, "2" * 16)
    server.post("tools/list", {"_meta": meta}, **header)
    span = root_of(collector.trace(inner, "tools/list"), "tools/list")
    assert span.parent_id == "1" * 16
    assert span.links == [(outer, "2" * 16)]
    assert not [other for other in collector.spans if other.trace_id == outer]


@pytest.mark.parametrize("meta", [{}, {"traceparent": "garbage"}, {"traceparent": 7}, {"traceparent": "0" * 10_000}])
def test_the_headers_are_the_parent_without_meta(meta: Any, server: Server, collector: Collector) -> None:
    trace_id = new_trace()
    server.post("tools/list", {"_meta": meta}, **context_of(trace_id, "3" * 16))
    span = root_of(collector.trace(trace_id, "tools/list"), "tools/list")
    assert (span.parent_id, span.links) == ("3" * 16, [])


def test_a_caller_does_not_decide_what_is_recorded(server: Server, collector: Collector) -> None:
    trace_id = new_trace()
    server.post("ping", {"_meta": context_of(trace_id, "4" * 16, "00")})
    assert collector.trace(trace_id, "ping")


def test_a_call_refused_for_its_scope_is_traced(server: Server, collector: Collector, issuer: Any) -> None:
    trace_id = new_trace()
    token = issuer.mint(f"{server.base_url}/mcp", scopes=["orders:read"], tenant="acme", subject="ann")
    params = {"name": "update_order_notes", "arguments": {}, "_meta": context_of(trace_id, "5" * 16)}
    assert server.post("tools/call", params, Authorization=f"Bearer {token}").status_code == 403
    root = root_of(collector.trace(trace_id, "tools/call update_order_notes"), "tools/call update_order_notes")
    assert (root.attributes["error.type"], root.failed) == ("denied", True)
    assert root.attributes["enduser.id"] == "ann"


@pytest.mark.parametrize(
    ("method", "params", "name", "failure"),
    [
        ("tools/list", {}, "tools/list", None),
        ("no/such", {}, "_OTHER", "-32601"),
        ("tools/call", {"name": "no_such_tool"}, "tools/call", "-32602"),
        ("tools/call", {"nome": 1}, "tools/call", "-32602"),
        ("resources/read", {"uri": "orders://nothing/here"}, "resources/read", "-32602"),
    ],
)
def test_every_message_is_a_span_with_a_bounded_name(
    method: str, params: dict[str, Any], name: str, failure: str | None, server: Server, collector: Collector
) -> None:
    trace_id = new_trace()
    server.post(method, {**params, "_meta": context_of(trace_id, "6" * 16)})
    root = root_of(collector.trace(trace_id, name), name)
    assert root.attributes.get("error.type") == failure
    assert root.attributes.get("rpc.response.status_code") == failure
    assert root.failed is (failure is not None)
    assert root.attributes["jsonrpc.request.id"] == "7"
    assert root.attributes["enduser.id"] == "ann"


class Keys(BaseHTTPRequestHandler):
    """Serves an issuer's keys with a delay."""

    document = b""

    def do_GET(self) -> None:
        Event().wait(0.02)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.document)

    def log_message(self, *_: object) -> None: ...


def test_waiting_for_the_issuers_keys_is_traced(
    urls: DatabaseUrls, valkey_url: str, issuer: RunningIssuer, collector: Collector, tmp_path: Path
) -> None:
    port, trace_id = free_port(), new_trace()
    more = {"otlp_endpoint": collector.url, "jwks_url": f"http://127.0.0.1:{port}/jwks"}
    with serving(urls, valkey_url, issuer, tmp_path / "log", **more) as server:
        Keys.document = httpx2.get(f"{issuer.url}/jwks", trust_env=False).content
        with HTTPServer(("127.0.0.1", port), Keys) as keys:
            Thread(target=keys.serve_forever, daemon=True).start()
            params = {"name": "orders_whoami", "_meta": context_of(trace_id, "8" * 16)}
            # For a second after its first attempt, at the start, the server does not ask again.
            while server.post("tools/call", params).status_code == 503:
                Event().wait(0.1)
            keys.shutdown()
        spans = collector.trace(trace_id, "tools/call orders_whoami")
    (root,) = tree(spans).values()
    assert root["authentication"] == {"GET jwks": {}}
    (fetch,) = [span for span in spans if span.name == "GET jwks"]
    assert (fetch.kind, fetch.attributes["server.address"]) == (SPAN_CLIENT, "127.0.0.1")
    assert fetch.seconds >= 0.02
    assert root_of(spans, "tools/call orders_whoami").seconds >= fetch.seconds
