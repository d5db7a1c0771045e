"""The orders server in a process of its own, forked from a warm one, with a metrics page and a log."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from opentelemetry import context, trace

from devkit.issuer.testing import RunningIssuer
from devkit.loopback.ports import free_port
from devkit.stores.databases import DatabaseUrls
from devkit.workspace.composition import compose
from servicekit.server.run import serve_http
from servicekit.storage.redis import store as redis

from .collector import PATIENCE

START = 60.0  # seconds; imports are slow on a busy machine
GONE = 15.0  # seconds from the signal to the end of the process (SECURITY, Faults)
_HTTP = httpx2.Client(trust_env=False, timeout=20)  # one for all: making its TLS context costs more than a request

SCOPES = ("orders:read", "orders:write")


@dataclass
class Server:
    """One running server."""

    process: Any
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
        """Send one raw message of the 2025-11-25 revision."""
        message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}
        return _HTTP.post(f"{self.base_url}/mcp", json=message, headers={**self.headers, **headers})

    def post_without_credential(self) -> httpx2.Response:
        return _HTTP.post(f"{self.base_url}/mcp", json={})

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop the process, and return when it has ended within its time limit."""
        os.kill(self.process.pid, number)
        self.process.join(GONE)
        assert self.process.exitcode is not None

    def page(self) -> str:
        """The text that Prometheus reads."""
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
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["orders_mcp.app", "orders_mcp.settings", __name__])
    process = processes.Process(target=_serve, args=(settings, log_file), daemon=True)
    process.start()
    try:
        base_url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, base_url, log_file)
        token = issuer.mint(endpoint, scopes=SCOPES, tenant="acme", subject="ann")
        yield Server(process, base_url, f"http://127.0.0.1:{metrics_port}/metrics", log_file, token)
    finally:
        process.kill()
        process.join(PATIENCE)


def _serve(settings: dict[str, Any], log_file: Path) -> None:
    """In the new process: serve, with what is written to standard error in a file, and with patience for the store."""
    redis.REPLY_TIMEOUT = 1.0  # as in the tests' own process: a busy machine is no outage
    with log_file.open("wb") as log:
        os.dup2(log.fileno(), 2)
    serve_http(compose("orders", settings))


def _wait_until_ready(process: Any, base_url: str, log_file: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        assert process.is_alive(), log_file.read_text()
        try:
            if _HTTP.get(f"{base_url}/ready").status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"not ready: {log_file.read_text()}")
