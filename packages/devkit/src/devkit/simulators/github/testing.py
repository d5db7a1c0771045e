"""Runs the simulator in a thread, for tests that inspect it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread
from devkit.simulators.github.app import GitHubSimulator
from devkit.simulators.github.seed import seed
from devkit.simulators.github.variants import Variant
from devkit.simulators.github.world import World


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that serves HTTP."""

    url: str
    simulator: GitHubSimulator


@contextmanager
def simulator_in_thread(
    directory: Path, fill: Callable[[World], World] = seed, variant: Variant | None = None
) -> Iterator[RunningSimulator]:
    """A simulator on a free port of 127.0.0.1 for the length of the block.

    Args:
        directory: an empty folder for the repositories.
        fill: adds the data.
        variant: another server to simulate instead of github.com.
    """
    simulator = GitHubSimulator(fill(World(directory)), variant)
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        with serving_in_thread(simulator, listener):
            yield RunningSimulator(f"http://{LOOPBACK}:{listener.getsockname()[1]}", simulator)
