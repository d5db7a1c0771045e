"""The issuer, and the servers of the fleet that clients are tried on: real programs on real stores, on free ports."""

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE, inherited_environment
from devkit.simulators.registry import find_simulator
from devkit.simulators.weather.testing import RunningSimulator, simulator_in_thread
from devkit.stores.databases import bootstrap
from devkit.stores.testing import password_of, postgres_for_tests, valkey_for_tests
from devkit.workspace.services import ServiceDescription, discover
from tests.fixtures.served import client_of, served

SECRET: Final = "clients-state-key-clients-state-key"
SERVICES: Final = ("orders", "weather")
TENANT: Final = "acme"
PLENTY: Final = 1_000_000


@dataclass(frozen=True)
class Fleet:
    """What clients are tried on.

    Attributes:
        endpoints: the URL of each server's endpoint, by its name.
        logs: each server's log, by its name.
        facts: values that exist in the sample data: `order`, `sku` and `warehouse`.
    """

    issuer: RunningIssuer
    simulator: RunningSimulator
    endpoints: dict[str, str]
    logs: dict[str, Path]
    facts: dict[str, str] = field(default_factory=dict)

    def token(self, service: str, *scopes: str, client: str = "clients") -> str:
        """An access token for a server; with every scope of it where none is named."""
        named = scopes or next(one.scopes for one in discover(WORKSPACE) if one.name == service)
        return self.issuer.mint(self.endpoints[service], scopes=named, subject="ann", tenant=TENANT, client_id=client)

    def log_lines(self, service: str) -> list[dict[str, Any]]:
        """What a server has logged, one JSON object a line."""
        lines = self.logs[service].read_text(encoding="utf-8", errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def fleet(folder: Path, services: Sequence[str] = SERVICES) -> Iterator[Fleet]:
    """Run everything for the length of the block; logs are written into the folder."""
    described = {one.name: one for one in discover(WORKSPACE) if one.name in services}
    scopes = [scope for one in described.values() for scope in one.scopes]
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_for_tests())
        redis = stack.enter_context(valkey_for_tests())
        issuer = stack.enter_context(issuer_in_thread(scopes, reads_documents=False))
        simulator = stack.enter_context(simulator_in_thread())
        endpoints, logs = {}, {}
        for name, description in described.items():
            port = free_port()
            settings: dict[str, object] = {
                "port": port,
                "public_url": f"http://127.0.0.1:{port}/mcp",
                "issuer": issuer.url,
                "redis_url": redis,
                "state_keys": SECRET,
                "log_format": "json",
                **dict.fromkeys(("limit_server", "limit_caller", "limit_tool", "limit_address"), PLENTY),
            }
            if description.database:
                settings |= database_of(description, postgres.admin_url, settings)
            else:
                upstream = find_simulator(name).environment(simulator.url)
                settings |= {key.lower(): value for key, value in upstream.items()}
                settings["audit_file"] = folder / f"{name}.jsonl"
            logs[name] = folder / f"{name}.log"
            command = [description.program(WORKSPACE), "serve"]
            stack.enter_context(served(command, environment(description, settings), port, logs[name]))
            endpoints[name] = f"http://127.0.0.1:{port}/mcp"
        made = Fleet(issuer, simulator, endpoints, logs)
        made.facts.update(asyncio.run(facts_of(made)))
        yield made


def environment(description: ServiceDescription, settings: dict[str, object]) -> dict[str, str]:
    """Settings of a service as variables of its environment."""
    own = {f"{description.prefix}{name.upper()}": str(value) for name, value in settings.items()}
    return {"PATH": inherited_environment()["PATH"], **own}


def database_of(description: ServiceDescription, admin_url: str, settings: dict[str, object]) -> dict[str, object]:
    """A database with sample data, by the service's own commands."""
    urls = asyncio.run(
        bootstrap(admin_url, description.name, database=f"clients_{description.name}", password_of=password_of)
    )
    given: dict[str, object] = {"owner_url": urls.owner, "writer_url": urls.writer, "reader_url": urls.reader}
    for command in (["migrate"], ["seed", "--size", "2000"]):
        program = [description.program(WORKSPACE), *command]
        subprocess.run(program, env=environment(description, settings | given), check=True, capture_output=True)
    return {name: url for name, url in given.items() if name != "owner_url"}


async def facts_of(made: Fleet) -> dict[str, str]:
    """Values for calls, read through the server itself."""
    base = made.endpoints["orders"].removesuffix("/mcp")
    async with client_of(base, made.token("orders")) as client:
        found = json.dumps((await client.call_tool("search_orders", {})).structured_content)
        short = json.dumps((await client.call_tool("low_stock_report", {})).structured_content)
    order, sku = re.search(r"ORD-\d+", found), re.search(r'"sku": "([^"]+)"', short)
    warehouse = re.search(r'"(?:location|warehouse)": "([^"]+)"', short)
    assert order, found
    assert sku, short
    assert warehouse, short
    return {"order": order[0], "sku": sku[1], "warehouse": warehouse[1]}
