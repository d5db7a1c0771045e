"""Runs the simulated API of a server in a thread, for tests that inspect it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread
from devkit.settings import WORKSPACE
from devkit.simulators.openapi.app import OpenApiSimulator, simulator_of
from devkit.simulators.openapi.description import DESCRIPTION
from devkit.workspace.services import find


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that serves HTTP."""

    url: str
    simulator: OpenApiSimulator


@contextmanager
def simulator_in_thread(service: str) -> Iterator[RunningSimulator]:
    """The simulated API of a server on a free port of 127.0.0.1, for the length of the block."""
    found = find(WORKSPACE, service)
    simulator = simulator_of(found.directory / DESCRIPTION, found.title)
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        with serving_in_thread(simulator, listener):
            yield RunningSimulator(f"http://{LOOPBACK}:{listener.getsockname()[1]}", simulator)
