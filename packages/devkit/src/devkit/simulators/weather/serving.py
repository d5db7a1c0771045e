"""Run the simulator: in the foreground for the development stack, in a thread for tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from devkit.issuer.serving import require_loopback, serving_in_thread
from devkit.ports import LOOPBACK
from devkit.simulators.weather.app import WeatherSimulator


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that serves real HTTP."""

    url: str
    simulator: WeatherSimulator


def serve(host: str, port: int) -> None:
    """Serve until a signal.

    Raises:
        DevkitError: a host that is not loopback.
    """
    require_loopback(host)
    uvicorn.run(WeatherSimulator(), host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


@contextmanager
def simulator_in_thread(simulator: WeatherSimulator | None = None) -> Iterator[RunningSimulator]:
    """A simulator on a free port of 127.0.0.1 for the length of the block."""
    simulator = simulator or WeatherSimulator()
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        with serving_in_thread(simulator, listener):
            yield RunningSimulator(f"http://{LOOPBACK}:{listener.getsockname()[1]}", simulator)
