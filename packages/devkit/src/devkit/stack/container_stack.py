"""Files, databases and readiness for the stack in containers (compose.yaml)."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import yaml

from devkit.errors import DevkitError
from devkit.loopback.health_check import answers_ok
from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings
from devkit.stack.service_environment import ServiceEnvironment
from devkit.stack.stack import development_postgres
from devkit.stores.databases import bootstrap
from devkit.workspace.services import ServiceDescription, discover
from devkit.workspace.state_directory import StateDirectory

AUDIT_FILE = "/var/lib/audit/trail.jsonl"
"""Audit file in the images, on a volume, for servers without a database."""
COLLECTOR = f"http://{LOOPBACK}:4318"
REPLICAS = {"orders-a": 8161, "orders-b": 8162, "the proxy": 8160}
"""Ports of the profile `replicas`."""


def prepare_containers(settings: DevkitSettings, *, collector: bool = False) -> Path:
    """Write the files that compose.yaml refers to, from the same source as `make up`; returns their folder.

    With `collector`, servers export telemetry to the collector of the profile `observability`.
    """
    state = StateDirectory(settings.state_directory)
    state.ensure()
    folder = state.directory / "containers"
    for place in (folder, folder / "grafana", folder / "grafana" / "datasources", folder / "grafana" / "dashboards"):
        place.mkdir(exist_ok=True)
        place.chmod(0o755)  # regardless of the umask: Grafana's user reads them
    services = discover(settings.workspace)
    environment = ServiceEnvironment(settings, state, backends=False)  # compose.yaml has the databases
    for service in services:
        serving = environment.serving(service)
        if collector:
            serving[f"{service.prefix}OTLP_ENDPOINT"] = COLLECTOR
        _write_variables(folder / f"{service.name}.env", _in_container(service, serving))
        if service.database:
            _write_variables(folder / f"{service.name}-owner.env", _in_container(service, environment.owning(service)))
    _write(folder / "postgres-password", state.secret("postgres superuser"))
    _write(folder / "prometheus.yaml", yaml.safe_dump(_prometheus(services), sort_keys=False))
    _write(folder / "grafana" / "datasources" / "fleet.yaml", yaml.safe_dump(_GRAFANA_SOURCE))
    _write(folder / "grafana" / "dashboards" / "fleet.yaml", yaml.safe_dump(_GRAFANA_DASHBOARDS))
    return folder


def make_databases(settings: DevkitSettings, seconds: float = 60) -> list[str]:
    """Create the roles and databases in the Postgres of compose.yaml when it accepts connections.

    Returns:
        Names of the services that own a database.

    Raises:
        DevkitError: Postgres does not answer in time.
    """
    state = StateDirectory(settings.state_directory)
    environment = ServiceEnvironment(settings, state, backends=False)  # compose.yaml has the databases
    address = development_postgres(settings, state).admin_url
    owners = [service.name for service in discover(settings.workspace) if service.database]
    end = time.monotonic() + seconds
    for name in owners:
        while True:
            try:
                asyncio.run(bootstrap(address, name, password_of=environment.role_password))
                break
            except (OSError, asyncpg.CannotConnectNowError):
                if time.monotonic() > end:
                    raise DevkitError(
                        f"Postgres does not answer on port {settings.postgres_port}. Read its log."
                    ) from None
                time.sleep(0.2)
    return owners


async def wait_until_ready(settings: DevkitSettings, seconds: float = 180, *, replicas: bool = False) -> None:
    """Wait until every server is ready. Raises `DevkitError` that names the servers which are not ready in time."""
    waiting = {service.name: service.port for service in discover(settings.workspace)} | (REPLICAS if replicas else {})
    end = time.monotonic() + seconds
    while waiting:
        for name, port in list(waiting.items()):
            if await answers_ok(port, "/ready"):
                del waiting[name]
        if waiting and time.monotonic() > end:
            raise DevkitError(
                f"Servers not ready after {seconds:.0f} s: {', '.join(waiting)}. Read their logs.", exit_code=1
            )
        await asyncio.sleep(0.2)


def _in_container(service: ServiceDescription, variables: Mapping[str, str]) -> dict[str, str]:
    own = {f"{service.prefix}LOG_FORMAT": "json"}
    if not service.database:
        own[f"{service.prefix}AUDIT_FILE"] = AUDIT_FILE
    policy = f"{service.prefix}POLICY_FILE"  # of this machine's disk, and no part of the images
    return {**{name: value for name, value in variables.items() if name != policy}, **own}


def _prometheus(services: list[ServiceDescription]) -> dict[str, object]:
    return {
        "global": {"scrape_interval": "5s"},
        "rule_files": ["/etc/prometheus/rules.yaml"],
        "scrape_configs": [
            {"job_name": service.name, "static_configs": [{"targets": [f"{LOOPBACK}:{service.metrics_port}"]}]}
            for service in services
        ],
    }


_GRAFANA_SOURCE = {
    "apiVersion": 1,
    "datasources": [{"name": "Prometheus", "type": "prometheus", "url": f"http://{LOOPBACK}:9090", "isDefault": True}],
}
_GRAFANA_DASHBOARDS = {
    "apiVersion": 1,
    "providers": [{"name": "fleet", "type": "file", "options": {"path": "/var/lib/dashboards"}}],
}


def _write_variables(path: Path, variables: Mapping[str, str]) -> None:
    _write(path, "".join(f"{name}={value}\n" for name, value in variables.items()))
    path.chmod(0o600)


def _write(path: Path, text: str) -> None:
    """Write a file that a container's user can read; the state directory above it is private."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
