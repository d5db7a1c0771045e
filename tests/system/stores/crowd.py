"""Fifty callers of two tenants that read and write while a store fails, and retry each failed call once as advised.

A write has an idempotency key and leaves a mark, so that its effects can be counted afterwards. A failed call waits for
as long as its answer says, and is sent again with the same arguments, behind an ingress by the other replica. A
retry may be the first to learn that the store lost its records with the event; then it is sent once more as that says.
"""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any, Protocol
from uuid import uuid4

import pytest

from tests.system.load.sizes import size
from tests.system.load.wire import Wire, text_of

from .event import HEADER, Event

CALLERS = 50
SMALL = 10
FULL = pytest.mark.skipif(size(SMALL) < SMALL, reason=f"only with N={SMALL} or more")
PAUSE = 3.0
"""Seconds between calls of one caller, at most: some 30 calls a second, which a busy machine serves."""
A_FEW_SECONDS = 5.0
"""What a caller takes "try again in a few seconds" for."""
_RECONNECT = 1.0  # seconds before a call whose connection was lost is sent again
_AFTERWARDS = 3.0  # seconds of calls after an event, at least
_PROBE = 0.2  # seconds between probes
_PATIENCE = 120.0  # seconds after an event until every call was answered: after lost records writes wait for a minute
_CLEAR = re.compile(
    "is not answering at the moment|The server is busy|Not done within|whether it took effect is unknown"
    "|just lost its records|is still running"
)
_LOST_RECORDS = "lost its records"
_ADVICE = re.compile(r"(?:try again|Call again) in (\d+) s")

Arguments = dict[str, Any]
Happening = Callable[[], Awaitable[Awaitable[None] | None]]
"""An event. It returns when the store is back. What it gives to wait for happens afterwards, under the same calls."""


class Client(Protocol):
    """A connection, or several of them."""

    async def call(self, tool: str, arguments: Arguments) -> tuple[int, dict[str, Any]]:
        """Status and message of one call."""

    def cut(self) -> None:
        """Hang up."""


class Turns:
    """Takes turns among connections to replicas, as an ingress does: a retry reaches another replica."""

    def __init__(self, wires: Sequence[Wire]) -> None:
        self._wires = cycle(wires)
        self._all = wires

    async def call(self, tool: str, arguments: Arguments) -> tuple[int, dict[str, Any]]:
        """Status and message of one call, by the next replica."""
        return await next(self._wires).call(tool, arguments)

    def cut(self) -> None:
        """Hang up."""
        for wire in self._all:
            wire.cut()


class Work(Protocol):
    """What the callers of a service do."""

    def read(self, luck: random.Random, tenant: str, made: Sequence[str]) -> tuple[str, Arguments]:
        """A read; `made` is what the caller's last writes have made."""

    def write(self, luck: random.Random, tenant: str, mark: str) -> tuple[str, Arguments]:
        """A write that leaves the mark."""

    def made(self, answer: dict[str, Any]) -> str:
        """What a write has made, from its structured answer."""

    def foreign(self, tenant: str, text: str) -> set[str]:
        """What in a text belongs to another tenant."""


class Crowd:
    """The callers.

    Args:
        wires: opens the connections of a caller, by its number and tenant.
        tenants: callers take turns among them.
    """

    def __init__(
        self, work: Work, wires: Callable[[int, str], Client], luck: random.Random, tenants: Sequence[str]
    ) -> None:
        self._work, self._wires, self._luck, self._tenants = work, wires, luck, tenants
        self._stop = asyncio.Event()
        self._waiting = 0
        self._good = 0
        self._events: list[Event] = []
        self.event = Event("before", ended=time.monotonic())
        self.acknowledged: dict[str, str] = {}
        """Tenants by the marks of writes whose callers were answered that they are done."""
        self.sent: dict[str, str] = {}
        """The same of every write that was sent."""

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """All of them call inside of the block. At its end each finishes its call."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(CALLERS):
                tasks.create_task(self._caller(number))
            for kind in ("read", "write"):
                tasks.create_task(self._probe(kind))
            try:
                await self._until_calm()
                yield
            finally:
                self._stop.set()

    async def through(self, events: Mapping[str, Happening]) -> None:
        """The events one after the other, each with the calls until every failed one had its retry.

        A small run (`N` below 10) takes one of the events by chance.
        """
        names = list(events)
        if size(SMALL) < SMALL:
            names = [self._luck.choice(names)]
        async with self.calling():
            for name in names:
                self.event = event = Event(name)
                self._events.append(event)
                afterwards = await events[name]()
                event.ended = time.monotonic()
                if afterwards is not None:
                    await afterwards
                await self._until_calm()

    def judge(self, effects: Counter[str]) -> list[str]:
        """Print the table, and give what breaks the rules.

        Args:
            effects: how often each mark was found.
        """
        print(HEADER)
        problems = list[str]()
        for event in self._events:
            lost = [mark for mark in event.marks if mark in self.acknowledged and not effects[mark]]
            doubled = [mark for mark in event.marks if effects[mark] > 1]
            print(event.row(len(lost), len(doubled)))
            for text, count in event.texts.most_common(6):
                print(f"    {count} x {text[:180]}")
            found = {"failed again": event.failed_again.total(), "lost": len(lost), "doubled": len(doubled)}
            problems += [f"{event.name}: {count} {what}" for what, count in found.items() if count]
            problems += [f"{event.name}: unclear answer {text}" for text in event.unclear]
            problems += [f"{event.name}: foreign {name}" for name in event.foreign]
        return problems

    async def _until_calm(self) -> None:
        """Return when calls succeed and no failed call waits for its retry."""
        began, good = time.monotonic(), self._good
        while self._waiting or self._good < good + CALLERS or time.monotonic() - began < _AFTERWARDS:
            if time.monotonic() - began > _PATIENCE:
                raise TimeoutError(f"{self.event.name}: {self._waiting} calls still fail: {self.event.texts}")
            await asyncio.sleep(0.05)

    async def _caller(self, number: int) -> None:
        tenant = self._tenants[number % len(self._tenants)]
        wire = self._wires(number, tenant)
        try:
            await self._calls(wire, tenant)
        finally:
            wire.cut()

    async def _probe(self, kind: str) -> None:
        """Calls that take no advice, to find out when the first one succeeds again."""
        tenant = self._tenants[0]
        wire = self._wires(CALLERS, tenant)
        try:
            while not self._stop.is_set():
                event, was_over = self.event, self.event.is_over
                seen, mark = Event("probes"), None
                if kind == "write":
                    mark = self._new_mark(tenant)
                    name, arguments = self._work.write(self._luck, tenant, mark)
                    arguments["idempotency_key"] = mark
                else:
                    name, arguments = self._work.read(self._luck, tenant, [])
                _, advice = await self._attempt(seen, wire, tenant, name, arguments)
                if advice is None and mark is not None:
                    self.acknowledged[mark] = tenant
                if advice is None and event.ended is not None and was_over:
                    event.good.setdefault(kind, time.monotonic() - event.ended)
                await asyncio.sleep(_PROBE)
        finally:
            wire.cut()

    def _new_mark(self, tenant: str) -> str:
        mark = f"mark-{uuid4().hex}"
        self.sent[mark] = tenant
        if self._events:
            self._events[-1].marks.add(mark)
        return mark

    async def _calls(self, wire: Client, tenant: str) -> None:
        made = list[str]()
        await asyncio.sleep(self._luck.random() * PAUSE)  # not all at once
        while not self._stop.is_set():
            if self._luck.random() < 0.4:
                mark = self._new_mark(tenant)
                name, arguments = self._work.write(self._luck, tenant, mark)
                answer = await self._with_retry("write", wire, tenant, name, {**arguments, "idempotency_key": mark})
                if answer is not None:
                    self.acknowledged[mark] = tenant
                    made = [*made[-3:], self._work.made(answer)]
            else:
                await self._with_retry("read", wire, tenant, *self._work.read(self._luck, tenant, made))
            await asyncio.sleep(self._luck.random() * PAUSE)

    async def _with_retry(
        self, kind: str, wire: Client, tenant: str, name: str, arguments: Arguments
    ) -> dict[str, Any] | None:
        """The structured answer of a call or of its retry; None where both failed."""
        event = self.event
        event.calls += 1
        answer, advice = await self._attempt(event, wire, tenant, name, arguments)
        if advice is None:
            return answer
        event = self.event  # it may have begun during the call
        event.failed[kind] += 1
        self._waiting += 1
        knows_of_loss = _LOST_RECORDS in str(answer)
        try:
            for _ in range(12):
                await asyncio.sleep(advice)
                was_back = event.is_over
                answer, advice = await self._attempt(event, wire, tenant, name, arguments)
                if advice is None:
                    return answer
                if _LOST_RECORDS in str(answer) and not knows_of_loss:
                    knows_of_loss = True
                    event.doubted += 1
                elif was_back:
                    event.failed_again[kind] += 1
                    event.texts[f"again: {answer}"] += 1
                    return None
                else:
                    event.early += 1
        finally:
            self._waiting -= 1
        return None

    async def _attempt(
        self, event: Event, wire: Client, tenant: str, name: str, arguments: Arguments
    ) -> tuple[dict[str, Any], float | None]:
        """The structured answer, and the seconds after which to try again; None where the call succeeded."""
        began = time.monotonic()
        try:
            status, message = await wire.call(name, arguments)
        except (OSError, asyncio.IncompleteReadError) as error:
            event.last_failure = time.monotonic() - event.began
            event.texts[type(error).__name__] += 1
            return {"lost": type(error).__name__}, _RECONNECT
        now = time.monotonic()
        event.slowest = max(event.slowest, now - began)
        event.foreign |= self._work.foreign(tenant, json.dumps(message))
        if status == 200 and "result" in message and not message["result"].get("isError"):
            self._good += 1
            return message["result"].get("structuredContent") or {}, None
        text = text_of(message)
        event = event if event.name == "probes" else self.event
        event.last_failure = now - event.began
        event.texts[f"{name}: {text}"] += 1
        if _CLEAR.search(text) is None:
            event.unclear.add(f"{name}: {text}")
        return {"text": text}, _advice(message, text)


def _advice(message: dict[str, Any], text: str) -> float:
    """Seconds to wait, by the answer."""
    meta = message.get("result", {}).get("_meta") or {}
    if (seconds := meta.get("fleet/retry_after")) is not None:
        return float(seconds)
    found = _ADVICE.search(text)
    return float(found[1]) if found else A_FEW_SECONDS
