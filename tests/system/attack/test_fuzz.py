"""Generated and spoiled inputs of every kind: no crash, no inner word in an answer, no hang, no standstill."""

import asyncio
import time
from collections import Counter
from contextlib import suppress

import pytest

from tests.system.load.sizes import SEED

from .catalogue import read_catalogue
from .connection import Connection, signed_in
from .fleet import CALL_TIMEOUT, Server
from .inputs import Input, Inputs
from .lag import Lag
from .oracle import outcome, problems
from .report import REPORT, Suite
from .sizes import share

CASES = share(0.8)
CONNECTIONS = 4
"""At once for each server."""
LATEST = CALL_TIMEOUT + 5.0
"""Seconds in which every answer begins."""


async def judged(connection: Connection, head: str, one: Input, suite: Suite, outcomes: Counter[str]) -> None:
    """Try one input, and record what is wrong with its answer."""
    suite.case()
    started = time.monotonic()
    try:
        async with asyncio.timeout(LATEST):
            answer = await connection.post(head + one.headers, one.body, streams=one.wants_stream)
    except (TimeoutError, OSError) as error:
        connection.cut()
        suite.fail(f"{type(error).__name__} after {time.monotonic() - started:.1f} s: {error}", one)
        return
    outcomes[outcome(answer)] += 1
    for problem in problems(answer, str(one)):
        suite.fail(problem, f"{one}\n      -> {answer.status} {answer.body[:600]!r}")


async def attack(server: Server, inputs: Inputs, cases: int, suite: Suite) -> None:
    """Send so many inputs to a server."""
    outcomes, in_flight = Counter[str](), dict[int, object]()
    left = iter(range(cases))

    head = signed_in(server)

    async def some(number: int) -> None:
        with Connection(server.base_url) as connection:
            for _ in left:
                in_flight[number] = one = inputs.draw()
                await judged(connection, head, one, suite, outcomes)
        in_flight.pop(number, None)

    async with Lag(server, in_flight) as lag:
        await asyncio.gather(*map(some, range(CONNECTIONS)))
    for seconds, suspects in lag.stalls:
        await confirm_stall(server, suite, seconds, suspects)
    suite.check(not server.victim.gone_within(0), f"{server.name} died")
    used, took = lag.worst
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(outcomes.items()))
    suite.notes.append(f"{server.name}: {kinds}; /live {took:.2f} s at most, {used:.2f} s of them at work")


async def confirm_stall(server: Server, suite: Suite, seconds: float, suspects: list[object]) -> None:
    """Ask each input again that was in flight when the loop stood still, alone; a stall by many inputs is none."""
    head = signed_in(server)
    for one in suspects:
        assert isinstance(one, Input)
        async with Lag(server) as lag:
            with Connection(server.base_url) as connection, suppress(TimeoutError, OSError):
                async with asyncio.timeout(LATEST):
                    await connection.post(head + one.headers, one.body, streams=one.wants_stream)
            await asyncio.sleep(0.1)
        if lag.stalls:
            suite.fail(f"the loop of {server.name} stood still for {seconds:.2f} s of processor time", one)


@pytest.mark.slow
async def test_no_input_breaks_a_server(servers: dict[str, Server]) -> None:
    with REPORT.suite("fuzz") as suite:
        each = CASES // len(servers)
        # Drawing arguments takes seconds, in which no connection may wait for this process.
        inputs = [Inputs(await read_catalogue(server), SEED + place) for place, server in enumerate(servers.values())]
        jobs = (attack(server, own, each, suite) for server, own in zip(servers.values(), inputs, strict=True))
        await asyncio.gather(*jobs)
