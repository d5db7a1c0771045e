"""A free port for a new server."""

import socket

import pytest

from devkit.scaffold import ports
from devkit.scaffold.ports import next_port, used_ports
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.workspace.services import discover

SETTINGS = DevkitSettings()


def test_no_port_of_the_fleet_is_given_again() -> None:
    services = discover(WORKSPACE)
    used = set(used_ports(SETTINGS, services))
    found = next_port(SETTINGS, services)
    assert {8110, 8120, 8132, 8133, 8141, 8160, *(service.port for service in services)} <= used
    assert not used & {found, found + 1000}


@pytest.mark.parametrize("distance", [0, 1000])
def test_a_port_that_something_listens_on_is_passed_over(distance: int) -> None:
    before = next_port(SETTINGS, discover(WORKSPACE))
    with socket.create_server(("127.0.0.1", before + distance)):
        assert next_port(SETTINGS, discover(WORKSPACE)) > before


def test_no_free_port_is_said_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "LAST", ports.FIRST)
    with pytest.raises(ports.DevkitError, match="such as 8301"):
        next_port(SETTINGS, discover(WORKSPACE))
