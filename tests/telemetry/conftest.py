"""The orders server in a process of its own, with a collector, a page of metrics and a log to look at."""

import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from opentelemetry import context, trace

from devkit.databases import DatabaseUrls, bootstrap
from devkit.issuer.serving import RunningIssuer
from devkit.ports import free_port
from devkit.settings import WORKSPACE
from devkit.stores.testing import PostgresServer, password_of
from orders_mcp.migrations.run import migrate
from orders_mcp.sample_data.load import load_plan
from orders_mcp.sample_data.plan import Plan
from telemetry.collector import PATIENCE, Collector, collecting

START = 60.0  # seconds; a busy machine takes long over the imports
_HTTP = httpx2.Client(trust_env=False, timeout=20)  # one for all: making its TLS context costs more than a request

SCOPES = ("orders:read", "orders:write")


@dataclass
class Server:
    """One running server."""

    process: "subprocess.Popen[bytes]"
    base_url: str
    metrics_url: str
    log_file: Path
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
        }

    def post(self, method: str, params: dict[str, Any] | None = None, **headers: str) -> httpx2.Response:
        """One message of the older era, as raw as it gets."""
        message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}
        return _HTTP.post(f"{self.base_url}/mcp", json=message, headers={**self.headers, **headers})

    def post_without_credential(self) -> httpx2.Response:
        return _HTTP.post(f"{self.base_url}/mcp", json={})

    def page(self) -> str:
        """What Prometheus reads."""
        return _HTTP.get(self.metrics_url).text

    @asynccontextmanager
    async def client(self, mode: Any = "auto") -> AsyncIterator[Client]:
        """The official client."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=20) as http,
            Client(streamable_http_client(f"{self.base_url}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client

    def samples(self) -> dict[str, float]:
        """The page's series: ``name{labels}`` to value."""
        lines = (line.rpartition(" ") for line in self.page().splitlines() if line and not line.startswith("#"))
        return {series: float(value) for series, _, value in lines}

    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def line(self, **fields: Any) -> dict[str, Any]:
        """The one line with these fields."""
        end = time.monotonic() + PATIENCE
        while True:
            found = [line for line in self.lines() if all(line.get(name) == value for name, value in fields.items())]
            if found:
                assert len(found) == 1, found
                return found[0]
            assert time.monotonic() < end, f"no line with {fields}"
            time.sleep(0.02)


@contextmanager
def in_trace(trace_id: str, span_id: str = "b7ad6b7169203331") -> Iterator[None]:
    """Inside, the official client makes its requests in this trace."""
    parent = trace.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=trace.TraceFlags(1))
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(parent)))
    try:
        yield
    finally:
        context.detach(token)


@pytest.fixture(scope="session")
def urls(postgres: PostgresServer) -> DatabaseUrls:
    """A small shop."""

    async def prepare() -> DatabaseUrls:
        urls = await bootstrap(postgres.admin_url, "orders", database="telemetry_orders", password_of=password_of)
        await migrate(urls.owner)
        await load_plan(urls.owner, Plan(size=50, seed=1, until=date(2026, 1, 1)))
        return urls

    return anyio.run(prepare)


@contextmanager
def serving(
    urls: DatabaseUrls, valkey_url: str, issuer: RunningIssuer, log_file: Path, **more: Any
) -> Iterator[Server]:
    """A server from its own command."""
    port, metrics_port = free_port(), free_port()
    endpoint = f"http://127.0.0.1:{port}/mcp"
    settings = {
        "port": port,
        "public_url": endpoint,
        "issuer": issuer.url,
        "reader_url": urls.reader,
        "writer_url": urls.writer,
        "redis_url": valkey_url,
        "state_keys": "telemetry" * 4,
        "metrics_port": metrics_port,
        **dict.fromkeys(("limit_server", "limit_caller", "limit_tool", "limit_address"), 1_000_000),
        **more,
    }
    environment = {f"ORDERS_{name.upper()}": str(value) for name, value in settings.items()}
    program = WORKSPACE / ".venv" / "bin" / "orders-mcp"
    with log_file.open("wb") as log:
        process = subprocess.Popen([program, "serve"], env={**os.environ, **environment}, stderr=log, stdout=log)
    try:
        base_url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, base_url, log_file)
        token = issuer.mint(endpoint, scopes=SCOPES, tenant="acme", subject="ann")
        yield Server(process, base_url, f"http://127.0.0.1:{metrics_port}/metrics", log_file, token)
    finally:
        process.kill()
        process.wait(PATIENCE)


def _wait_until_ready(process: "subprocess.Popen[bytes]", base_url: str, log_file: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        assert process.poll() is None, log_file.read_text()
        try:
            if _HTTP.get(f"{base_url}/ready").status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"not ready: {log_file.read_text()}")


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """A collector that takes everything."""
    with collecting() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def server(
    urls: DatabaseUrls,
    valkey_url: str,
    issuer: RunningIssuer,
    collector: Collector,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A server that exports everything."""
    log_file = tmp_path_factory.mktemp("log") / "orders"
    with serving(urls, valkey_url, issuer, log_file, otlp_endpoint=collector.url) as running:
        yield running
