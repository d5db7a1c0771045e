"""Runs interleavings: a scene, the callers' operations, and a schedule, all drawn from a seed and a number."""

import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest
from mcp.client import Client
from mcp_types import ElicitResult

from devkit.stores.databases import DatabaseUrls
from servicekit.storage.postgres import database
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import text_of
from tests.fixtures.databases import connected, service_on

from .invariants import broken
from .operations import Operation, drawn
from .scenes import Scene, Stage
from .stepped import Schedule, SteppedConnection

ACTORS: Final = ("ann", "ben", "cem", "dia")
_SCOPES: Final = ("orders:read", "orders:write", "orders:approve")
_ENDS: Final = {"ok", "refused", "confirmation_required", "input_required"}
_CHANGED: Final = "The record changed since the preview"
_TRIES: Final = 3
"""How often a caller asks again after another one was faster."""


class Outcomes(logging.Handler):
    """What the access log says of each call."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        outcome = getattr(record, "outcome", None)
        if record.exc_info:
            self.wrong.append(f"{record.msg}: {record.exc_info[1]!r}")
        elif outcome is not None and outcome not in _ENDS:
            self.wrong.append(f"{getattr(record, 'operation', '')} ended with {outcome}")


class Actor:
    """A caller who does operations, and agrees to each preview."""

    def __init__(self, client: Client, done: Counter[tuple[str, str]]) -> None:
        self._client, self._done = client, done
        self.versions: list[int] = []
        """Versions of the order that its writes returned."""

    async def work(self, operations: Sequence[Operation]) -> None:
        for operation in operations:
            key = uuid4()
            for _ in range(_TRIES):
                result = await self._client.call_tool(
                    operation.tool, {**operation.arguments, "idempotency_key": str(key)}
                )
                if not (result.is_error and text_of(result).startswith(_CHANGED)):
                    break
            self._done[operation.tool, "refused" if result.is_error else "done"] += 1
            if not result.is_error and "sku" not in operation.arguments:
                self.versions.append((result.structured_content or {})["version"])


@dataclass(frozen=True)
class Interleaving:
    """What came of one.

    Attributes:
        steps: the actor of each statement, in order.
        report: what the actors did, and the rules that this broke; None if it broke none.
    """

    steps: tuple[str, ...]
    report: str | None


class Races:
    """Interleavings on one server."""

    def __init__(self, owner: "asyncpg.Connection[Any]", clients: Sequence[Client], outcomes: Outcomes) -> None:
        self._owner, self._clients, self._outcomes = owner, clients, outcomes
        self._stage = Stage(owner)
        self.done: Counter[tuple[str, str]] = Counter()
        """How often each tool did something, and was refused."""
        self.schedules: set[int] = set()
        self.steps = self.lock_waits = 0

    async def start(self) -> None:
        await self._stage.start()

    async def run(self, seed: int, number: int, state: str | None = None) -> Interleaving:
        """One interleaving. The same seed and number do the same; `state` sets the order's."""
        luck = random.Random(f"{seed}:{number}")
        scene = await self._stage.set(luck, state)
        plans = drawn(scene, luck)
        actors = [Actor(client, self.done) for client, _ in zip(self._clients, plans, strict=False)]
        schedule = SteppedConnection.schedule = Schedule(luck, self._owner)
        self._outcomes.wrong.clear()
        try:
            await schedule.run(
                {name: actor.work(plan) for name, actor, plan in zip(ACTORS, actors, plans, strict=False)}
            )
        finally:
            SteppedConnection.schedule = None
        self.steps += len(schedule.order)
        self.lock_waits += schedule.lock_waits
        self.schedules.add(hash((scene.state, str(plans), tuple(schedule.order))))
        versions = [version for actor in actors for version in actor.versions]
        doubled = [] if len(set(versions)) == len(versions) else [f"two writes made the same version: {versions}"]
        found = [*self._outcomes.wrong, *doubled, *await broken(self._owner, scene)]
        report = _report(number, scene, plans, schedule, found) if found else None
        return Interleaving(tuple(schedule.order), report)

    def summary(self) -> str:
        """What ran."""
        tools = sorted({tool for tool, _ in self.done})
        return "\n".join(
            [
                f"{len(self.schedules)} different interleavings, {self.steps} steps, {self.lock_waits} lock waits",
                *(
                    f"{tool:28} done {self.done[tool, 'done']:6} refused {self.done[tool, 'refused']:6}"
                    for tool in tools
                ),
            ]
        )


def _report(
    number: int, scene: Scene, plans: Sequence[Sequence[Operation]], schedule: Schedule, found: Sequence[str]
) -> str:
    calls = (
        f"  {name}: " + ", then ".join(f"{one.tool} {dict(one.arguments)}" for one in plan)
        for name, plan in zip(ACTORS, plans, strict=False)
    )
    order = " ".join(schedule.order)
    return "\n".join([f"interleaving {number}, a {scene.state} order", *calls, f"  steps: {order}", *found])


async def _agree(*_: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"agree": True})


@asynccontextmanager
async def races(urls: DatabaseUrls) -> AsyncIterator[Races]:
    """The orders server on these databases, whose statements are stepped, and its callers."""
    outcomes = Outcomes()
    calls = logging.getLogger("servicekit.calls.orders")
    level, propagates = calls.level, calls.propagate
    calls.addHandler(outcomes)
    calls.setLevel(logging.INFO)
    calls.propagate = False
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "TenantConnection", SteppedConnection)
            service = service_on("orders", urls)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(service.running())
            clients = [
                await stack.enter_async_context(
                    connect(service, caller(*_SCOPES, subject=name), elicitation_callback=_agree)
                )
                for name in ACTORS
            ]
            made = Races(await stack.enter_async_context(connected(urls.owner, "acme")), clients, outcomes)
            await made.start()
            yield made
    finally:
        calls.removeHandler(outcomes)
        calls.setLevel(level)
        calls.propagate = propagates
