"""Every server of the fleet, running over real HTTP on real stores. A new service is one new line."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from devkit.composition import compose
from devkit.databases import DatabaseUrls, bootstrap
from devkit.fleet import Service as Description
from devkit.fleet import discover
from devkit.issuer.serving import RunningIssuer
from devkit.settings import WORKSPACE
from devkit.simulators.registry import find_simulator
from devkit.stores.testing import PostgresServer, password_of
from servicekit.app import Service
from servicekit.testing import serving

SERVICES = ("github", "orders", "ticketing", "weather")

SECRET = "contract-tests-secret-contract-tests"


@dataclass(frozen=True)
class Running:
    """A server under test."""

    description: Description
    service: Service
    base_url: str
    environment: dict[str, str]
    program: Path
    issuer: RunningIssuer

    @property
    def endpoint(self) -> str:
        """Where clients connect."""
        return f"{self.base_url}/mcp"

    def token(self, *scopes: str, tenant: str = "acme") -> str:
        """An access token for this server."""
        return self.issuer.mint(self.endpoint, scopes=scopes, tenant=tenant, subject="ann")

    def headers(self, *scopes: str) -> dict[str, str]:
        """What a client signed in with these scopes sends."""
        return {"Authorization": f"Bearer {self.token(*scopes)}"}


def database_settings(urls: DatabaseUrls | None) -> dict[str, str]:
    """The settings of a service that owns a database."""
    return {"owner_url": urls.owner, "writer_url": urls.writer, "reader_url": urls.reader} if urls else {}


def outside_settings(description: Description, directory: Path) -> dict[str, str]:
    """The settings of a service that works on another service's data; these tests never ask that one."""
    if description.simulator is None:
        return {}
    own = find_simulator(description.simulator).environment("http://127.0.0.1:9")
    return {**{name.lower(): value for name, value in own.items()}, "audit_file": str(directory / "audit.jsonl")}


@pytest.fixture(scope="session", params=SERVICES)
def running(
    request: pytest.FixtureRequest,
    postgres: PostgresServer,
    valkey_url: str,
    issuer: RunningIssuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """Each service in turn: its database migrated and seeded by its own commands, served over HTTP."""
    name: str = request.param
    description = next(entry for entry in discover(WORKSPACE) if entry.name == name)
    program = description.program(WORKSPACE)
    urls = None
    if description.database:
        urls = anyio.run(
            lambda: bootstrap(postgres.admin_url, name, database=f"contract_{name}", password_of=password_of)
        )
    settings: dict[str, Any] = {
        "public_url": "http://127.0.0.1:1/mcp",
        "issuer": issuer.url,
        "redis_url": valkey_url,
        "state_keys": SECRET,
        **dict.fromkeys(("limit_server", "limit_caller", "limit_tool", "limit_address"), 1_000_000),
        **database_settings(urls),
        **outside_settings(description, tmp_path_factory.mktemp(name)),
    }
    environment = {f"{name}_{key}".upper(): str(value) for key, value in settings.items()}
    if description.database:
        for command in (["migrate"], ["seed", "--size", "200"]):
            subprocess.run([program, *command], env=environment, check=True, capture_output=True)
    if "audit_file" in settings:  # one process writes to one file, and some tests start another
        settings["audit_file"] += "-of-the-server"
    built: list[Service] = []

    def build(port: int) -> Service:
        settings.update(port=port, public_url=f"http://127.0.0.1:{port}/mcp")
        built.append(compose(name, settings))
        return built[0]

    with serving(build) as base_url:
        environment[f"{name}_public_url".upper()] = f"{base_url}/mcp"
        yield Running(description, built[0], base_url, environment, program, issuer)
