"""Run the simulator: in the foreground for the development stack, in a thread for tests."""

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from devkit.issuer.serving import require_loopback, serving_in_thread
from devkit.ports import LOOPBACK
from devkit.simulators.github.app import GitHubSimulator
from devkit.simulators.github.seed import seed
from devkit.simulators.github.world import World


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that serves real HTTP."""

    url: str
    simulator: GitHubSimulator


def serve(host: str, port: int) -> None:
    """Serve the seeded repositories until a signal; they are made afresh, and gone afterwards.

    Raises:
        DevkitError: a host that is not loopback.
    """
    require_loopback(host)
    with tempfile.TemporaryDirectory(prefix="github-simulator-") as directory:
        app = GitHubSimulator(seed(World(Path(directory))))
        uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2, lifespan="off")


@contextmanager
def simulator_in_thread(directory: Path, fill: Callable[[World], World] = seed) -> Iterator[RunningSimulator]:
    """A simulator on a free port of 127.0.0.1 for the length of the block.

    Args:
        directory: an empty folder for the repositories.
        fill: makes what there is.
    """
    simulator = GitHubSimulator(fill(World(directory)))
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        with serving_in_thread(simulator, listener):
            yield RunningSimulator(f"http://{LOOPBACK}:{listener.getsockname()[1]}", simulator)
