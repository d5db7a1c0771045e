"""Finds a port for a new server."""

from collections.abc import Iterable

from devkit.errors import DevkitError
from devkit.loopback.ports import is_listening
from devkit.settings import DevkitSettings
from devkit.simulators.registry import SIMULATORS
from devkit.stack.container_stack import REPLICAS
from devkit.workspace.services import ServiceDescription

FIRST, LAST = 8101, 8199
_DASHBOARD = 8121
"""Grafana's port in compose.yaml."""


def next_port(settings: DevkitSettings, services: Iterable[ServiceDescription]) -> int:
    """The first port from 8101 to 8199 that no part of the fleet uses and nothing listens on, and whose metrics port,
    1000 above, is free too.

    Raises:
        DevkitError: there is none.
    """
    taken = set(used_ports(settings, services))
    for port in range(FIRST, LAST + 1):
        if not taken & {port, port + 1000} and not is_listening(port) and not is_listening(port + 1000):
            return port
    raise DevkitError(
        f"Every port from {FIRST} to {LAST} is taken. Give `port` under [tool.fleet] of one server another value, "
        "such as 8301, and call again."
    )


def used_ports(settings: DevkitSettings, services: Iterable[ServiceDescription]) -> Iterable[int]:
    """The ports of servers, their metrics, stores, issuer, portal, simulators and containers."""
    for service in services:
        yield from (service.port, service.metrics_port)
    yield from (settings.postgres_port, settings.valkey_port, settings.issuer_port, settings.portal_port, _DASHBOARD)
    yield from (simulator.port_for(settings) for simulator in SIMULATORS.values())
    yield from REPLICAS.values()
