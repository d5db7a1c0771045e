"""Measuring: bursts of every server in turn, so that what the machine does besides falls on all of them."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import uvloop

from .client import Burst, Step, burst
from .processes import cpu_seconds
from .world import Server

Users = Callable[[Server], list[Iterator[Step]]]
"""What each user of a server sends, without end."""


@dataclass(frozen=True)
class Plan:
    """How long to measure, and with how many connections."""

    connections: int
    rounds: int
    seconds: float


@dataclass(frozen=True)
class Figures:
    """What a workload took on one server.

    Attributes:
        rate: calls a second.
        p50, p99: milliseconds.
        cpu: microseconds of processor time of the server a call.
    """

    rate: float
    p50: float
    p99: float
    cpu: float


def everyone(step: Step, plan: Plan) -> list[Iterator[Step]]:
    """Users that all repeat the same request."""
    return [repeat(step) for _ in range(plan.connections)]


def measure(servers: Sequence[Server], users: Users, plan: Plan) -> dict[str, Figures]:
    """Figures by label of server: the medians over the rounds, after a round that warms up."""
    measured: dict[str, list[Burst]] = defaultdict(list)
    for number in range(plan.rounds + 1):
        for server in servers:
            found = one_burst(server, users, plan.seconds if number else min(1.0, plan.seconds))
            if number:
                measured[server.label].append(found)
    return {label: figures(bursts) for label, bursts in measured.items()}


def one_burst(server: Server, users: Users, seconds: float) -> Burst:
    """One burst, with the processor time that the server used."""
    steps = users(server)
    before = cpu_seconds(server.process_id)
    found = uvloop.run(burst(server.port, steps, seconds))
    found.cpu = cpu_seconds(server.process_id) - before
    return found


def figures(bursts: list[Burst]) -> Figures:
    """The figures of several bursts."""
    cuts = statistics.quantiles((seconds * 1000 for one in bursts for seconds in one.seconds), n=100)
    return Figures(
        rate=statistics.median(len(one.seconds) / one.elapsed for one in bursts),
        p50=cuts[49],
        p99=cuts[98],
        cpu=statistics.median(one.cpu / len(one.seconds) for one in bursts) * 1e6,
    )
