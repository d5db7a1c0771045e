"""Runs the simulator in a thread, for tests that inspect it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread
from devkit.simulators.weather.app import WeatherSimulator


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that serves HTTP."""

    url: str
    simulator: WeatherSimulator


@contextmanager
def simulator_in_thread(simulator: WeatherSimulator | None = None) -> Iterator[RunningSimulator]:
    """A simulator on a free port of 127.0.0.1 for the length of the block."""
    simulator = simulator or WeatherSimulator()
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        with serving_in_thread(simulator, listener):
            yield RunningSimulator(f"http://{LOOPBACK}:{listener.getsockname()[1]}", simulator)
