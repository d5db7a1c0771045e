"""Prometheus and the collector get every instrument; callers cannot add series."""

import re
import secrets
import socket
import subprocess
from importlib.metadata import version
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.client import Client

from devkit.issuer.testing import RunningIssuer
from devkit.settings import WORKSPACE
from servicekit.core.identity import KIT_VERSION
from servicekit.telemetry.instruments import INSTRUMENTS

from .server import Server

OF_OTHER_SERVERS = re.compile(
    r"http\.client|upstream|db\.client\.replica|mcp\.server\.(volume|certificate|audit\.lane)"
)
"""Of a server with an upstream service, a replica, an audit file, TLS, or writes that need another audit lane."""


def of(samples: dict[str, float], name: str, **labels: str) -> float:
    """The sum of the series with these labels."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(
        value
        for series, value in samples.items()
        if series.partition("{")[0] == name and all(label in series for label in wanted)
    )


def seconds_count(samples: dict[str, float], **labels: str) -> float:
    return of(samples, "mcp_server_operation_duration_seconds_count", **labels)


async def draft_order(client: Client) -> str:
    """Make a draft like an order that exists; its id."""
    found = (await client.call_tool("search_orders", {"limit": 1})).structured_content["items"][0]
    order = (await client.call_tool("get_order", {"order_id": found["id"]})).structured_content
    lines = [{"sku": order["items"][0]["sku"], "quantity": 1}]
    draft = {"customer_id": order["customer_id"], "items": lines, "idempotency_key": secrets.token_urlsafe(16)}
    made: str = (await client.call_tool("create_draft_order", draft)).structured_content["order_id"]
    return made


async def test_every_instrument_is_on_the_page(server: Server) -> None:
    async with server.client() as client:
        await draft_order(client)
    page = server.page()
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE))
    for instrument in INSTRUMENTS:
        if OF_OTHER_SERVERS.match(instrument.name):
            continue
        kind = "histogram" if instrument.kind == "histogram" else "counter" if instrument.kind == "counter" else "gauge"
        assert types.get(instrument.prometheus_name) == kind, instrument.name
        series = re.findall(rf"^{instrument.prometheus_name}(?:_count)?{{(.*?)}} ", page, re.MULTILINE)
        labels = {label.replace("_", ".") for line in series for label in re.findall(r"(\w+)=", line)}
        assert labels <= {name.replace("_", ".") for name in instrument.attributes}, instrument.name
    versions = f'kit_version="{KIT_VERSION}",version="{version("mcp-fleet-orders")}"'
    assert f"mcp_server_build_info{{{versions}}} 1.0" in page
    assert "target_info{" in page
    assert 'service_name="orders"' in page


def test_the_public_port_has_no_metrics(server: Server) -> None:
    with httpx2.Client(trust_env=False) as http:
        assert http.get(f"{server.base_url}/metrics").status_code == 404


@pytest.mark.parametrize(
    ("method", "params", "labels"),
    [
        ("tools/list", {}, {"mcp_method_name": "tools/list"}),
        ("ping", {}, {"mcp_method_name": "ping"}),
        ("a/b", {}, {"mcp_method_name": "_OTHER", "error_type": "-32601"}),
        ("tools/call", {"name": "x"}, {"gen_ai_tool_name": "_OTHER", "error_type": "-32602"}),
        ("tools/call", {"name": "orders_whoami"}, {"gen_ai_tool_name": "orders_whoami"}),
        (
            "tools/call",
            {"name": "get_order", "arguments": {"order_id": "desk lamp"}},
            {"gen_ai_tool_name": "get_order", "error_type": "invalid_arguments"},
        ),
        (
            "tools/call",
            {"name": "get_order", "arguments": {"order_id": "00000000-0000-4000-8000-000000000000"}},
            {"gen_ai_tool_name": "get_order", "error_type": "refused"},
        ),
        ("resources/read", {"uri": "nothing://here"}, {"mcp_resource_template": "_OTHER", "error_type": "-32602"}),
    ],
)
def test_every_message_is_counted_once(
    method: str, params: dict[str, Any], labels: dict[str, str], server: Server
) -> None:
    before = server.samples()
    server.post(method, params)
    after = server.samples()
    assert seconds_count(after, **labels) - seconds_count(before, **labels) == 1
    assert seconds_count(after) - seconds_count(before) == 1
    assert of(after, "mcp_server_calls_active") == 0


def test_refusals_are_counted_by_reason(server: Server, issuer: RunningIssuer) -> None:
    endpoint = f"{server.base_url}/mcp"
    reader = issuer.mint(endpoint, scopes=["orders:read"], tenant="acme", subject="ann")
    before = server.samples()
    server.post_without_credential()
    server.post("ping", Authorization="Bearer nonsense")
    server.post("ping", Authorization=f"Bearer {issuer.mint('https://elsewhere.example/mcp', scopes=['orders:read'])}")
    server.post("tools/call", {"name": "update_order_notes"}, Authorization=f"Bearer {reader}")
    server.post("tools/call", {"name": "get_order", "arguments": {"id": 1}})
    after = server.samples()
    for name, labels in {
        "mcp_server_credentials_refused_total": [
            {"reason": word} for word in ("absent", "malformed", "wrong_audience")
        ],
        "mcp_server_scopes_refused_total": [{"gen_ai_tool_name": "update_order_notes"}],
        "mcp_server_arguments_refused_total": [{"gen_ai_tool_name": "get_order"}],
    }.items():
        for one in labels:
            assert of(after, name, **one) - of(before, name, **one) == 1, (name, one)
    assert seconds_count(after, error_type="denied") - seconds_count(before, error_type="denied") == 1


async def test_only_named_tenants_are_counted_by_name(server: Server, issuer: RunningIssuer) -> None:
    endpoint = f"{server.base_url}/mcp"
    before = server.samples()
    server.post("tools/call", {"name": "orders_whoami"})
    for tenant in ("globex", "initech"):
        token = issuer.mint(endpoint, scopes=["orders:read"], tenant=tenant, subject="bob")
        server.post("tools/call", {"name": "orders_whoami"}, Authorization=f"Bearer {token}")
    server.post("tools/list")
    after = server.samples()
    for tenant, calls in {"acme": 1, "_OTHER": 2, "globex": 0}.items():
        for name in ("mcp_server_tenant_calls_total", "mcp_server_tenant_call_duration_seconds_count"):
            assert of(after, name, tenant=tenant) - of(before, name, tenant=tenant) == calls, (name, tenant)


async def test_the_database_server_is_measured(server: Server) -> None:
    found = server.samples()
    assert 0 < of(found, "db_server_connection_count") < of(found, "db_server_connection_max")
    assert of(found, "mcp_server_audit_size_bytes", store="postgres") > 0
    assert of(found, "db_server_database_size_bytes") > of(found, "mcp_server_audit_size_bytes", store="postgres")
    assert of(found, "db_client_connection_max", db_client_connection_pool_name="writer") == 10


async def test_writes_and_confirmations_are_counted(server: Server) -> None:
    before = server.samples()
    async with server.client("legacy") as client:
        order_id = await draft_order(client)
        notes = {"order_id": order_id, "notes": "Twice.", "idempotency_key": secrets.token_urlsafe(16)}
        for _ in range(2):
            assert not (await client.call_tool("update_order_notes", notes)).is_error
        arguments = {"order_id": order_id, "reason": "customer_request", "idempotency_key": secrets.token_urlsafe(16)}
        asked = await client.call_tool("cancel_order", arguments)
        code = asked.structured_content["code"]
        done = await client.call_tool("orders_confirm_action", {"code": code})
        assert not done.is_error, done.content
    after = server.samples()
    for name, labels in (
        ("mcp_server_writes_replayed_total", {"gen_ai_tool_name": "update_order_notes"}),
        ("mcp_server_confirmations_total", {"gen_ai_tool_name": "cancel_order", "result": "requested"}),
        ("mcp_server_confirmations_total", {"gen_ai_tool_name": "cancel_order", "result": "confirmed"}),
    ):
        assert of(after, name, **labels) - of(before, name, **labels) == 1, (name, labels)
    with anyio.fail_after(10):  # background work of the server uses connections too
        while of(server.samples(), "db_client_connection_count", db_client_connection_state="used"):  # noqa: ASYNC110
            await anyio.sleep(0.05)
    assert of(after, "db_client_connection_wait_time_seconds_count") > of(
        before, "db_client_connection_wait_time_seconds_count"
    )


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=80)


@pytest.fixture(scope="session")
def other(server: Server) -> Server:
    """A server that has received unregistered names."""
    for known in ("tools/call", "prompts/get"):
        server.post(known, {"name": "no such thing"})
    server.post("resources/read", {"uri": "no://such"})
    server.post("no/such")
    return server


@settings(max_examples=20, deadline=None)
@given(name=NAMES, method=st.from_regex(r"[A-Za-z0-9_./\-]{1,40}", fullmatch=True))
def test_a_caller_adds_no_series(name: str, method: str, other: Server) -> None:
    before = set(other.samples())
    other.post("tools/call", {"name": name, "arguments": {name: name}})
    other.post("prompts/get", {"name": name})
    other.post("resources/read", {"uri": name})
    other.post(f"x/{method}", {"name": name})
    assert set(other.samples()) - before == set()


def test_a_taken_port_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {
            "ORDERS_PUBLIC_URL": "http://127.0.0.1:1/mcp",
            "ORDERS_ISSUER": "http://127.0.0.1:1",
            "ORDERS_READER_URL": "postgresql://x@127.0.0.1:1/x",
            "ORDERS_WRITER_URL": "postgresql://x@127.0.0.1:1/x",
            "ORDERS_METRICS_PORT": str(taken.getsockname()[1]),
        }
        program = WORKSPACE / ".venv" / "bin" / "orders-mcp"
        port = taken.getsockname()[1]
        done = subprocess.run([program, "serve"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"METRICS_PORT: 127.0.0.1:{port} cannot be opened (Address already in use)." in done.stderr
