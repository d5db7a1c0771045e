"""Runs the simulator in a thread, for tests that inspect it."""

import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread
from devkit.simulators.zendesk.app import ZendeskSimulator
from devkit.simulators.zendesk.seed import seed
from devkit.simulators.zendesk.world import World


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that serves HTTP."""

    url: str
    simulator: ZendeskSimulator

    @property
    def world(self) -> World:
        """The simulated desk."""
        return self.simulator.world


@contextmanager
def simulator_in_thread(
    fill: Callable[[World], World] = seed, hosts: Collection[str] = ()
) -> Iterator[RunningSimulator]:
    """A simulator on a free port of 127.0.0.1 for the length of the block.

    Args:
        fill: adds the data.
        hosts: further names under which it is reached.
    """
    simulator = ZendeskSimulator(fill(World()), hosts=hosts)
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        with serving_in_thread(simulator, listener):
            yield RunningSimulator(f"http://{LOOPBACK}:{listener.getsockname()[1]}", simulator)
