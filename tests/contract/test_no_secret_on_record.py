"""No secret is on record: fifty are planted wherever a client or an upstream has its say, then every record is read.

Each server runs as its own process, over HTTP. Its records are its output, what it exports over OTLP, its metrics page,
its audit trail, its health page, and the errors that other callers get.
"""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import httpx2
import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.loopback.ports import free_port
from devkit.loopback.serving import serving_in_thread
from devkit.settings import WORKSPACE
from devkit.simulators.registry import find_simulator
from devkit.stores.testing import PostgresServer
from devkit.workspace.composition import compose_to_describe
from devkit.workspace.services import ServiceDescription
from tests.fixtures.databases import copy_of

from .argument_cases import sample
from .conftest import DESCRIPTIONS, WITH_AUDIT_FILE
from .domains import database_settings, variables
from .planted_secrets import SECRETS, SPELLINGS, STATE_KEYS, UPSTREAM_TOKEN, found_in, surroundings
from .planting import PATIENCE, Planter, answers, plant_upstream
from .recorded_sinks import Collector, collector, postgres_error, redis_error, store_that_answers

pytestmark = pytest.mark.slow

IN_THE_CONSOLE = ("ticketing", "console")
"""The kit writes the same records in either format, so one server shows the other one."""


@dataclass
class Records:
    """What one server recorded, by where.

    Attributes:
        sent: what the client sent, unmasked.
        met: names of operations that the planting reached.
    """

    sinks: dict[str, str | bytes] = field(default_factory=dict[str, str | bytes])
    sent: str = ""
    met: set[str] = field(default_factory=set[str])


@dataclass
class Server:
    """A server's process, and where its records go."""

    description: ServiceDescription
    settings: dict[str, Any]
    output: Path
    exported: Collector

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """The base URL of the process, which ends with the block."""
        port, metrics = free_port(), free_port()
        base_url = f"http://127.0.0.1:{port}"
        settings = {**self.settings, "port": port, "metrics_port": metrics, "public_url": f"{base_url}/mcp"}
        self.metrics_url = f"http://127.0.0.1:{metrics}/metrics"
        with self.output.open("ab") as log:
            program = self.description.program(WORKSPACE)
            environment = variables(self.description, settings)
            process = subprocess.Popen([program, "serve"], env=environment, stdout=log, stderr=log)
            try:
                self._wait(process, f"{base_url}/live")
                yield base_url
            finally:
                process.terminate()
                process.wait(PATIENCE)

    def _wait(self, process: subprocess.Popen[bytes], url: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(url, timeout=1).status_code == 200:
                    return
            time.sleep(0.05)  # the process is starting
        raise RuntimeError(self.output.read_text())


@pytest.fixture(scope="module", params=[*((name, "json") for name in DESCRIPTIONS), IN_THE_CONSOLE], ids="-".join)
def recorded(
    request: pytest.FixtureRequest,
    postgres: PostgresServer,
    template_of: Any,
    valkey_url: str,
    issuer: RunningIssuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Records:
    """What a server recorded of all that was planted."""
    name, log_format = request.param
    description, directory = DESCRIPTIONS[name], tmp_path_factory.mktemp(f"records-{name}")
    records = Records()
    with ExitStack() as stack:
        exported = stack.enter_context(collector())
        settings: dict[str, Any] = {
            "issuer": issuer.url,
            "redis_url": valkey_url,
            "state_keys": " ".join(STATE_KEYS),
            "toolsets": "all",
            "log_format": log_format,
            "log_level": "debug",
            "otlp_endpoint": exported.url,
            **dict.fromkeys(("limit_server", "limit_caller", "limit_tool", "limit_address"), 1_000_000),
        }
        faults = None
        if description.simulator is not None:
            found = find_simulator(description.simulator)
            simulator: Any = stack.enter_context(found.application())
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stack.enter_context(serving_in_thread(simulator, listener))
            upstream = found.environment(f"http://127.0.0.1:{listener.getsockname()[1]}")
            settings |= {key.lower(): value for key, value in upstream.items()}
            settings |= {"api_key": UPSTREAM_TOKEN} if name == "weather" else {}
            faults = simulator.faults
        if name in WITH_AUDIT_FILE:
            settings |= {"audit_file": str(directory / "audit.jsonl")}
        if description.database:
            settings |= database_settings(stack.enter_context(copy_of(template_of(name), postgres)))
        server = Server(description, settings, directory / "output", exported)
        registry = compose_to_describe(name).registry
        with server.running() as base_url:
            token = issuer.mint(f"{base_url}/mcp", scopes=description.scopes, tenant="acme", subject="ann")
            planter = stack.enter_context(Planter(base_url, token, registry))
            planter.plant()
            if faults is not None:
                for status in (400, 403, 404, 422, 500, 200):
                    for fault in answers(status):
                        faults.pending = [fault.model_copy(update={"times": 3})]
                        plant_upstream(planter, registry)
                faults.pending = []
            read_pages(records, server, base_url, issuer)
            records.sent = "\n".join(planter.sent)
        with ExitStack() as broken:  # the same server on stores that answer with errors
            text = " ".join(SPELLINGS)
            redis = broken.enter_context(store_that_answers(redis_error(text)))
            server.settings = {**settings, "redis_url": f"redis://{redis}/0"}
            if description.database:
                database = broken.enter_context(store_that_answers(postgres_error(text)))
                server.settings |= dict.fromkeys(
                    ("reader_url", "writer_url"), f"postgresql://reader:reader@{database}/none"
                )
            base_url = broken.enter_context(server.running())
            token = issuer.mint(f"{base_url}/mcp", scopes=description.scopes, tenant="acme", subject="ann")
            planter = broken.enter_context(Planter(base_url, token, registry))
            for operation in registry.operations:
                planter.call(operation, sample(operation.arguments.kinds), "broken stores")
            read_pages(records, server, base_url, issuer, " of broken stores")
        if description.database:
            records.sinks["audit table"] = anyio.run(audit_table, superuser_url(postgres, settings["owner_url"]))
        else:
            records.sinks["audit file"] = b"\n".join(one.read_bytes() for one in directory.glob("audit*"))
    records.sinks["output"] = server.output.read_bytes()
    records.sinks |= {path: b"\n".join(bodies) for path, bodies in exported.bodies.items()}
    return records


def read_pages(records: Records, server: Server, base_url: str, issuer: RunningIssuer, where: str = "") -> None:
    """The pages of a server, and the errors that a caller of another tenant gets."""
    for path in ("/", "/live", "/ready", "/health", "/.well-known/oauth-protected-resource/mcp"):
        records.sinks[f"{path}{where}"] = httpx2.get(f"{base_url}{path}", timeout=PATIENCE).text
    records.sinks[f"/metrics{where}"] = httpx2.get(server.metrics_url, timeout=PATIENCE).text
    token = issuer.mint(f"{base_url}/mcp", scopes=server.description.scopes, tenant="globex", subject="eve")
    said = []
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE) as http:
        for operation in compose_to_describe(server.description.name).registry.tools.values():
            for arguments in ({}, sample(operation.arguments.kinds)):
                body = {
                    "jsonrpc": "2.0",
                    "id": 1,
                    "method": "tools/call",
                    "params": {"name": operation.name, "arguments": arguments},
                }
                headers = {"Accept": "application/json, text/event-stream"}
                answer = http.post(f"{base_url}/mcp", json=body, headers=headers)
                said.append(f"{answer.headers}{answer.text}")
    records.sinks[f"answers to others{where}"] = "\n".join(said)


def superuser_url(postgres: PostgresServer, url: str) -> str:
    """The superuser's URL of the database of another URL: row-level security hides other tenants' rows."""
    return f"{postgres.admin_url.rstrip('/')}/{url.rpartition('/')[2]}"


async def audit_table(url: str) -> str:
    """Every row of every table of the audit trail, for the superuser."""
    connection = await asyncpg.connect(url)
    try:
        query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name LIKE 'audit%'"
        rows = []
        for schema, table in await connection.fetch(query):
            rows += await connection.fetch(f'SELECT t::text FROM "{schema}"."{table}" t')  # our own names
    finally:
        await connection.close()
    return "\n".join(row[0] for row in rows)


def test_fifty_secrets_are_planted() -> None:
    assert len(SECRETS) == len({secret.core for secret in SECRETS}) == 50
    assert len(SPELLINGS) == 150


def test_no_planted_secret_is_on_record(recorded: Records) -> None:
    found = {place: surroundings(record) for place, record in recorded.sinks.items()}
    assert "\n".join(f"{place}: {where!r}" for place, places in found.items() for where in places[:3]) == ""


def test_every_record_was_read(recorded: Records) -> None:
    sizes = {place: len(record) for place, record in recorded.sinks.items()}
    assert min(sizes.values()) > 0, sizes
    assert {"output", "/v1/traces", "/v1/metrics", "/metrics", "/health", "answers to others"} <= set(sizes)
    assert {"audit table", "audit file"} & set(sizes)
    assert b"[redacted]" in bytes(recorded.sinks["output"])
    assert b"[redacted]" in bytes(recorded.sinks["/v1/traces"])


def test_a_secret_in_an_unmasked_record_is_found(recorded: Records) -> None:
    """The search itself: it finds every secret in what the client sent."""
    found = set(found_in(recorded.sent))
    assert all(found & set(secret.traces) for secret in SECRETS)
