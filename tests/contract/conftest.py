"""Every server of the workspace, discovered, and running over real HTTP on real stores."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.settings import WORKSPACE
from devkit.simulators.registry import find_simulator
from devkit.stores.databases import DatabaseUrls, bootstrap
from devkit.stores.testing import PostgresServer, password_of
from devkit.workspace.composition import compose, has_audit_file
from devkit.workspace.services import ServiceDescription, discover
from servicekit.server.service import Service
from servicekit.testing.service import serving
from tests.fixtures.databases import copy_of, empty, own, urls

from .domains import Domain, database_settings, variables
from .policies import write_policy

__all__ = ["empty", "own", "urls"]

DESCRIPTIONS = {service.name: service for service in discover(WORKSPACE)}
OWNERS = [name for name, description in DESCRIPTIONS.items() if description.database]
"""Those with a database of their own."""
WITH_AUDIT_FILE = [name for name in DESCRIPTIONS if has_audit_file(name)]
"""Those that keep their audit trail in a file."""

SECRET = "contract-tests-secret-contract-tests"


@dataclass(frozen=True)
class Running:
    """A server under test."""

    description: ServiceDescription
    service: Service
    base_url: str
    environment: dict[str, str]
    program: Path
    issuer: RunningIssuer

    @property
    def endpoint(self) -> str:
        """Where clients connect."""
        return f"{self.base_url}/mcp"

    def token(self, *scopes: str, tenant: str = "acme", **claims: Any) -> str:
        """An access token for this server."""
        return self.issuer.mint(self.endpoint, scopes=scopes, tenant=tenant, subject="ann", **claims)

    def headers(self, *scopes: str, **claims: Any) -> dict[str, str]:
        """What a client signed in with these scopes sends."""
        return {"Authorization": f"Bearer {self.token(*scopes, **claims)}"}


def own_settings(description: ServiceDescription, directory: Path) -> dict[str, str]:
    """Settings that only some services need: an upstream, which these tests never call, and an audit file."""
    settings: dict[str, str] = {}
    if description.simulator is not None:
        upstream = find_simulator(description.simulator).environment("http://127.0.0.1:9")
        settings |= {name.lower(): value for name, value in upstream.items()}
    if description.name in WITH_AUDIT_FILE:
        settings["audit_file"] = str(directory / "audit.jsonl")
    return settings


@pytest.fixture(scope="session")
def template_of(postgres: PostgresServer) -> Callable[[str], DatabaseUrls]:
    """Gives the database of a service, migrated and seeded by its own commands, once. It is only copied."""

    @cache
    def prepared(name: str) -> DatabaseUrls:
        urls = anyio.run(
            lambda: bootstrap(postgres.admin_url, name, database=f"contract_{name}", password_of=password_of)
        )
        description = DESCRIPTIONS[name]
        environment = variables(description, {"public_url": description.resource, **database_settings(urls)})
        for command in (["migrate"], ["seed", "--size", "2000", "--until", "2026-06-01"]):
            subprocess.run([description.program(WORKSPACE), *command], env=environment, check=True, capture_output=True)
        return urls

    return prepared


@pytest.fixture(scope="session", params=OWNERS)
def domain(request: pytest.FixtureRequest) -> Domain:
    """Each service in turn that owns a database."""
    return Domain(DESCRIPTIONS[request.param])


@pytest.fixture(scope="session")
def template(domain: Domain, template_of: Callable[[str], DatabaseUrls]) -> DatabaseUrls:
    """Its database, to be copied."""
    return template_of(domain.name)


@pytest.fixture(scope="session", params=DESCRIPTIONS)
def running(
    request: pytest.FixtureRequest,
    postgres: PostgresServer,
    template_of: Callable[[str], DatabaseUrls],
    valkey_url: str,
    issuer: RunningIssuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """Each service in turn, on a copy of its database, served over HTTP."""
    name: str = request.param
    description = DESCRIPTIONS[name]
    with ExitStack() as stack:
        directory = tmp_path_factory.mktemp(name)
        settings: dict[str, Any] = {
            "public_url": "http://127.0.0.1:1/mcp",
            "issuer": issuer.url,
            "redis_url": valkey_url,
            "state_keys": SECRET,
            "toolsets": "all",
            **dict.fromkeys(("limit_server", "limit_caller", "limit_tool", "limit_address"), 1_000_000),
            "policy_file": write_policy(name, directory / "policy.yaml"),
            **own_settings(description, directory),
        }
        if description.database:
            settings |= database_settings(stack.enter_context(copy_of(template_of(name), postgres)))
        environment = variables(description, settings)
        if "audit_file" in settings:  # one process writes to one file, and some tests start another
            settings["audit_file"] += "-of-the-server"
        built: list[Service] = []

        def build(port: int) -> Service:
            settings.update(port=port, public_url=f"http://127.0.0.1:{port}/mcp")
            built.append(compose(name, settings))
            return built[0]

        base_url = stack.enter_context(serving(build))
        environment |= variables(description, {"public_url": f"{base_url}/mcp"})
        yield Running(description, built[0], base_url, environment, description.program(WORKSPACE), issuer)
