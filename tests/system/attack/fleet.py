"""The four servers over real HTTP, each in a process of its own, on real stores and the simulators."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2

from devkit.issuer.testing import RunningIssuer
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.simulators.registry import find_simulator
from devkit.stores.databases import DatabaseUrls
from devkit.workspace.composition import compose, has_audit_file
from devkit.workspace.services import ServiceDescription, discover
from servicekit.server.run import serve_http
from servicekit.storage.redis import store as redis
from tests.fixtures.databases import seeded
from tests.system.e2e.victim import Victim, steady_port
from tests.system.load.stateless_app import UNLIMITED
from tests.system.load.wire import MODERN, Wire

DESCRIPTIONS = {description.name: description for description in discover(WORKSPACE)}
TENANTS = ("acme", "globex")
STATE_KEY = "attack-state-key-" + secrets.token_hex(16)
CALL_TIMEOUT = 10
"""Seconds after which the servers stop a call."""


def log_to(log: str) -> None:
    """Write what this process prints to a file; and be patient with the store, since a busy machine is no outage."""
    redis.REPLY_TIMEOUT = 1.0
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def serve_logged(log: str, name: str, settings: dict[str, Any]) -> None:
    """One of the fleet's services, whose output goes to a file."""
    log_to(log)
    serve_http(compose(name, settings))


def serve_simulator(name: str, port: int) -> None:
    """A simulator, until a signal."""
    find_simulator(name).serve("127.0.0.1", DevkitSettings(simulator_ports={name: port}))


@dataclass
class Server:
    """One replica of a service."""

    description: ServiceDescription
    victim: Victim
    base_url: str
    issuer: RunningIssuer
    log: Path
    settings: dict[str, Any]
    admin_url: str | None
    """The superuser's URL of its database."""
    upstream: str | None
    """The URL of its simulator."""

    @property
    def name(self) -> str:
        return self.description.name

    @property
    def endpoint(self) -> str:
        """Where clients connect, and the audience of their tokens."""
        return str(self.settings["public_url"])

    def token(self, tenant: str = "acme", subject: str = "ann", **options: Any) -> str:
        """A valid access token with every scope."""
        options.setdefault("scopes", self.description.scopes)
        return self.issuer.mint(self.endpoint, tenant=tenant, subject=subject, **options)

    def wire(self, tenant: str = "acme", subject: str = "ann", protocol: str = MODERN, **options: Any) -> Wire:
        """A client signed in as a user of a tenant."""
        host = self.endpoint.split("/")[2]
        return Wire(self.base_url, self.token(tenant, subject, **options), host, protocol)

    def cpu_seconds(self) -> float:
        """Processor time that the process has used."""
        fields = Path(f"/proc/{self.victim.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> int:
        """Resident bytes of the process."""
        pages = int(Path(f"/proc/{self.victim.process_id}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Fleet:
    """What the servers run on, and a way to start more of them."""

    postgres_url: str
    valkey_url: str
    issuer: RunningIssuer
    folder: Path
    stack: ExitStack
    databases: dict[str, DatabaseUrls] = field(default_factory=dict)
    simulators: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, serve: Callable[..., None] = serve_logged, **changes: Any) -> Server:
        """Start a replica; replicas of a service share its stores, keys and public URL.

        Args:
            serve: what runs in the process, called with its log file, the service's name and its settings.
        """
        description = DESCRIPTIONS[name]
        port = steady_port()
        base_url = f"http://127.0.0.1:{port}"
        settings: dict[str, Any] = {
            **UNLIMITED,
            "limit_tenant_share": 0,
            "port": port,
            "public_url": f"{base_url}/mcp",
            "issuer": self.issuer.url,
            "redis_url": self.valkey_url,
            "state_keys": STATE_KEY,
            "toolsets": "all",
            "call_timeout": CALL_TIMEOUT,
            "log_format": "json",
            **self._own(description),
            **changes,
        }
        settings = {name: value for name, value in settings.items() if value is not None}
        log = self.folder / f"{name}-{port}.log"
        victim = Victim(port, serve, str(log), name, settings)
        victim.start()
        self.stack.callback(victim.kill)
        admin_url = f"{self.postgres_url}/attack_{name}" if description.database else None
        upstream = self.simulators.get(name)
        return Server(description, victim, base_url, self.issuer, log, settings, admin_url, upstream)

    def _own(self, description: ServiceDescription) -> dict[str, Any]:
        name, settings = description.name, dict[str, Any]()
        if description.database:
            urls = self.database(name)
            settings |= {"reader_url": urls.reader, "writer_url": urls.writer}
        if description.simulator is not None:
            upstream = find_simulator(description.simulator).environment(self._simulator(name, description.simulator))
            settings |= {key.lower(): value for key, value in upstream.items()}
        if has_audit_file(name):
            settings["audit_file"] = str(self.folder / f"{name}-{secrets.token_hex(4)}.audit")
        if name == "weather":
            settings |= dict.fromkeys(("quota_minute", "quota_hour", "quota_day"), 10**9)
        return settings

    def database(self, name: str) -> DatabaseUrls:
        """The database of a service, which all its replicas share."""
        if name not in self.databases:
            plan = import_module(f"{name}_mcp.sample_data.plan").Plan(size=500, seed=1, until=date(2026, 1, 1))
            self.databases[name] = seeded(self.postgres_url, name, f"attack_{name}", plan)
        return self.databases[name]

    def _simulator(self, name: str, simulator: str) -> str:
        if name not in self.simulators:
            port = steady_port()
            victim = Victim(port, serve_simulator, simulator, port)
            victim.start()
            self.stack.callback(victim.kill)
            self.simulators[name] = url = f"http://127.0.0.1:{port}"
            if simulator == "github":
                for resource in ("core", "search", "code_search"):
                    without_end = {"resource": resource, "remaining": 10**9, "seconds": 86400}
                    httpx2.post(f"{url}/_simulator/limits", json=without_end).raise_for_status()
        return self.simulators[name]


@contextmanager
def fleet_on(postgres_url: str, valkey_url: str, issuer: RunningIssuer, folder: Path) -> Iterator[Fleet]:
    """A fleet without servers, which `start` adds. At the end they are killed."""
    with ExitStack() as stack:
        yield Fleet(postgres_url, valkey_url, issuer, folder, stack)
