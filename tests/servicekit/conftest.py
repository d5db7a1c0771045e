"""The general app over HTTP, the writes app on Postgres, and what goes over the wire."""

import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

import anyio
import asyncpg
import httpx2
import hypothesis
import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls, bootstrap, clone, drop
from devkit.stores.testing import PostgresServer
from servicekit.telemetry.traces import configure_traces
from servicekit.testing.service import serving
from tests.fixtures.forgetful_store import ForgetfulStore, forgetful_store
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.apps.writes_app import ROWS, TABLES
from tests.servicekit.apps.writes_database import WritesDatabase

# A busy machine is no failure, and what 50 examples miss one day another run finds.
hypothesis.settings.register_profile("servicekit", max_examples=50, deadline=None)
hypothesis.settings.load_profile("servicekit")

Era = Literal["auto", "legacy"]


@pytest.fixture(params=["auto", "legacy"])
def era(request: pytest.FixtureRequest) -> Era:
    """Both eras of the protocol, as the official client's modes."""
    mode: Era = request.param
    return mode


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForgetfulStore]:
    """A Valkey server for the tests of one file, which may break it."""
    with forgetful_store(tmp_path_factory.mktemp("store") / "valkey") as store:
        yield store


@dataclass(frozen=True)
class Site:
    """A server over real HTTP, and the issuer it trusts."""

    base_url: str
    issuer: RunningIssuer

    @property
    def endpoint(self) -> str:
        return f"{self.base_url}/mcp"

    def token(self, *scopes: str, **changes: Any) -> str:
        return self.issuer.mint(self.endpoint, scopes=scopes, **changes)

    def headers(self, *scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*scopes)}", **ACCEPT}

    def post(self, message: Any, token: str | None = None, **headers: str) -> httpx2.Response:
        """One JSON-RPC message, signed in with books:read unless a token is given."""
        given = {"Authorization": f"Bearer {token or self.token(READ)}", **ACCEPT, **headers}
        return post(self.endpoint, json=message, headers=given)


_NO_TLS = ssl.create_default_context()  # made once: it costs more than a request


def post(url: str, **options: Any) -> httpx2.Response:
    """One POST on a connection of its own."""
    return httpx2.post(url, **{"trust_env": False, "verify": _NO_TLS, **options})


def get(url: str, **options: Any) -> httpx2.Response:
    """One GET on a connection of its own."""
    return httpx2.get(url, trust_env=False, verify=_NO_TLS, **options)


def message_in(response: httpx2.Response) -> Any:
    """The JSON-RPC message of an answer: the body itself, or the one event of its stream."""
    return json.loads(response.text.partition("data: ")[2] or response.text)


ACCEPT = {"Accept": "application/json, text/event-stream"}


def request(method: str, params: dict[str, Any] | None = None, era: str = "legacy") -> dict[str, Any]:
    """A JSON-RPC request of either era."""
    params = dict(params or {})
    if era != "legacy":
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            **params.get("_meta", {}),
        }
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def era_headers(method: str, name: str | None = None, era: str = "legacy") -> dict[str, str]:
    """The headers that go with `request`."""
    if era == "legacy":
        return {"MCP-Protocol-Version": "2025-11-25"}
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
    return headers if name is None else {**headers, "Mcp-Name": name}


@pytest.fixture(scope="session")
def site(issuer: RunningIssuer) -> Iterator[Site]:
    """One server for all tests that only call it."""
    with serving(lambda port: general_app(**at(port, issuer.url))) as base_url:
        yield Site(base_url, issuer)


@pytest.fixture
def serve(issuer: RunningIssuer) -> Callable[..., Any]:
    """`with serve(setting=value) as site:` for a server with settings of the test's own."""

    @contextmanager
    def run(
        *, components: Any = (), journal: Any = None, issuer: RunningIssuer = issuer, **settings: Any
    ) -> Iterator[Site]:
        def build(port: int) -> Any:
            return general_app(components=components, journal=journal, **{**at(port, issuer.url), **settings})

        with serving(build) as base_url:
            yield Site(base_url, issuer)

    return run


def at(port: int, issuer_url: str) -> dict[str, Any]:
    """The settings that follow from a port and an issuer."""
    return {"port": port, "public_url": f"http://127.0.0.1:{port}/mcp", "issuer": issuer_url}


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Every span of this process from now on."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = configure_traces(Resource({}), None, 1.0, follow_callers=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture
def call_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log records of calls, and of messages and credentials that were refused."""
    caplog.set_level(logging.INFO, logger="servicekit")
    return caplog


@pytest.fixture(scope="session")
def writes_template(postgres: PostgresServer) -> DatabaseUrls:
    """The migrated database of the writes app; it is only copied, so nothing may connect to it."""

    async def prepare() -> DatabaseUrls:
        urls = await bootstrap(
            postgres.admin_url, "accounts", database="writes_template", password_of=lambda role: role
        )
        owner = await asyncpg.connect(urls.owner)
        for statement in TABLES:
            await owner.execute(statement)
        await owner.close()
        superuser = await asyncpg.connect(f"{postgres.admin_url}/{urls.database}")
        await superuser.execute(ROWS)
        await superuser.close()
        return urls

    return anyio.run(prepare)


@pytest.fixture
async def writes(postgres: PostgresServer, writes_template: DatabaseUrls) -> AsyncIterator[WritesDatabase]:
    """A database for one test to change."""
    name = f"accounts_{uuid4().hex[:12]}"
    yield WritesDatabase(await clone(postgres.admin_url, writes_template, name), postgres.admin_url)
    await drop(postgres.admin_url, name)
