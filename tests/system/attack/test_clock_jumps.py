"""A clock that jumps by an hour and a day, forth and back: credentials, confirmations, limits and audit hold."""

import asyncio
import multiprocessing
import re
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import time_machine

from devkit.settings import WORKSPACE
from devkit.workspace.composition import compose
from servicekit.server.run import serve_http
from tests.system.load.wire import Wire, text_of

from .fleet import Fleet, Server, log_to
from .report import REPORT, Suite
from .writes import Write, Writes, code_in, counting, effects, is_done, is_replayed, perform

JUMPS = (3600, -3600, 86_400, -86_400)
"""Seconds, one after another; they add up to none."""
LIMIT = 40
"""Calls in a minute of the caller whose limit is tried."""
LONG, SHORT = 10 * 86_400, 600
"""Lifetimes of tokens in seconds."""
LONGEST_WAIT = 63
"""Seconds: the sliding window of a minute, and one of its slots."""
_READ = ("get_inventory", {"skus": ["LMP-0001"]})


class Clock:
    """A component of the server that moves its clock as the test asks."""

    name = "clock"
    needed_for = ()

    def __init__(self, wanted: Any, reached: Any) -> None:
        self._wanted, self._reached = wanted, reached

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()

    async def check(self) -> None:
        """Always well."""

    async def _run(self) -> None:
        with time_machine.travel(datetime.now(UTC), tick=True) as clock:
            while True:
                if self._wanted.value != self._reached.value:
                    clock.shift(timedelta(seconds=self._wanted.value - self._reached.value))
                    self._reached.value = self._wanted.value
                await asyncio.sleep(0.02)


def serve_with_clock(wanted: Any, reached: Any, log: str, name: str, settings: dict[str, Any]) -> None:
    """One of the fleet's services, whose clock another process moves."""
    log_to(log)
    service = compose(name, settings)
    service.components = (*service.components, Clock(wanted, reached))
    serve_http(service)


class Jumping:
    """A server, and its clock."""

    def __init__(self, fleet: Fleet, **changes: Any) -> None:
        context = multiprocessing.get_context("forkserver")
        self._wanted, self._reached = context.Value("d", 0.0), context.Value("d", 0.0)
        serve = partial(serve_with_clock, self._wanted, self._reached)
        self.server = fleet.start("orders", serve, token_max_lifetime=10 * LONG, **changes)

    async def jump(self, seconds: float) -> None:
        """Move the clock, and return when it is moved."""
        self._wanted.value += seconds
        while self._reached.value != self._wanted.value:  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.01)

    @property
    def offset(self) -> float:
        """Seconds that the server's clock is before ours."""
        return float(self._reached.value)


@pytest.fixture
def jumping(fleet: Fleet) -> Any:
    jumping = Jumping(fleet)
    yield jumping
    jumping.server.victim.kill()


@pytest.fixture
def limited(fleet: Fleet) -> Any:
    jumping = Jumping(fleet, limit_caller=LIMIT)
    yield jumping
    jumping.server.victim.kill()


async def status_of(wire: Wire) -> int:
    status, _ = await wire.request("tools/list", {})
    return status


async def one_jump(place: Jumping, seconds: int, suite: Suite, connection: asyncpg.Connection) -> None:
    """What was given before a jump, used after it."""
    server, story = place.server, f"after a jump of {seconds} s"
    wire, short = server.wire(lifetime=LONG), server.wire(lifetime=SHORT)
    calls = await Writes(server, wire, connection).of_each_tool()
    plain = next(one for one in calls if not one.confirmed)
    confirmed = [one for one in calls if one.confirmed]
    expected = await size_of(server, wire, connection, plain)
    asked, before = plain.keyed(), await effects(server, connection)
    _, first = await wire.call(plain.tool, asked)
    _, preview = await wire.call(confirmed[0].tool, confirmed[0].keyed())
    code = {"code": code_in(preview)}
    suite.check(is_done(first) and code["code"] is not None, f"before {story}: no write", (first, preview))
    if place.offset == 0:
        suite.check(await status_of(short) == 200, f"before {story}: a token is refused", "")
    await place.jump(seconds)
    late = place.offset > SHORT
    suite.check(await status_of(short) == (401 if late else 200), f"{story}: a token of {SHORT} s", place.offset)
    suite.check(await status_of(wire) == 200, f"{story}: a token of {LONG} s is refused", place.offset)
    _, again = await wire.call(plain.tool, asked)
    suite.check(is_done(again) and is_replayed(again), f"{story}: the retry was not replayed", again)
    added = await effects(server, connection) - before
    suite.check(added == expected, f"{story}: {added} rows instead of {expected}", asked)
    before = await effects(server, connection)
    answers = [(await wire.call("orders_confirm_action", code))[1] for _ in range(2)]
    done = [one for one in answers if is_done(one)]
    added = await effects(server, connection) - before
    suite.check(len(done) <= 1 and (added > 0) is (len(done) == 1), f"{story}: a code {len(done)} times", answers)
    suite.check(all("failed on this call" not in text_of(one) for one in answers), f"{story}: a crash", answers)
    for tool, arguments in (_READ, ("orders_list_my_actions", {}), ("orders_whoami", {})):
        _, message = await wire.call(tool, arguments)
        suite.check(is_done(message), f"{story}: {tool} fails", message)
    wire.cut()
    short.cut()


async def size_of(server: Server, wire: Wire, connection: asyncpg.Connection, write: Write) -> int:
    """The rows that a write adds."""
    before = await effects(server, connection)
    assert is_done(await perform(wire, write, {**write.keyed(), "notes": f"First {uuid4()}"}))
    return await effects(server, connection) - before


def verified(server: Server, owner_url: str) -> subprocess.CompletedProcess[str]:
    """What `audit verify` says of the trail."""
    settings = {
        **{key: server.settings[key] for key in ("public_url", "issuer", "state_keys", "reader_url", "writer_url")}
    }
    environment = {f"ORDERS_{key.upper()}": str(value) for key, value in {**settings, "owner_url": owner_url}.items()}
    command = [server.description.program(WORKSPACE), "audit", "verify"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
async def test_nothing_is_revived_by_a_clock_that_jumps(jumping: Jumping, fleet: Fleet) -> None:
    with REPORT.suite("clock_jumps") as suite:
        async with counting(jumping.server) as connection:
            for seconds in JUMPS:
                await one_jump(jumping, seconds, suite, connection)
        result = verified(jumping.server, fleet.database("orders").owner)
        suite.check(result.returncode == 0, "the audit trail is broken", result.stdout + result.stderr)


@pytest.mark.slow
async def test_no_jump_gives_a_caller_more_calls(limited: Jumping) -> None:
    with REPORT.suite("clock_jumps") as suite:
        wire = limited.server.wire(subject=f"busy-{uuid4().hex[:6]}", lifetime=LONG)
        started, done = asyncio.get_running_loop().time(), 0
        for seconds in (0, *JUMPS):
            await limited.jump(seconds)
            for _ in range(LIMIT):
                _, message = await wire.call(*_READ)
                done += is_done(message)
                if not is_done(message):
                    waits = [int(found) for found in re.findall(r"(\d+) s", text_of(message))]
                    suite.check(
                        all(wait <= LONGEST_WAIT for wait in waits), f"a wait of {waits} s after {seconds}", message
                    )
        minutes = 1 + (asyncio.get_running_loop().time() - started) / 60
        suite.check(done <= LIMIT * minutes, f"{done} calls in {minutes - 1:.1f} minutes, of {LIMIT} in one")
        suite.check(done >= LIMIT, f"only {done} calls")
        wire.cut()
