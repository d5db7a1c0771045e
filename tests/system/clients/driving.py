"""Drives one client: starts its program, answers what it asks, and notes how each cell ended."""

import asyncio
import json
import os
import re
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2

from devkit.simulators.faults import Fault
from tests.devkit.consent_form import Browser
from tests.fixtures.npm import NotInstalled
from tests.fixtures.pip import PROGRAMS as SHARED

from .catalogue import PROGRAMS, Client
from .cells import CELLS, SERVICE_OF, WITH_SIGN_IN, WORKS, Row
from .fleet import Fleet

PATIENCE: Final = 240.0  # seconds, for one process of a client
CANCELLED_WITHIN: Final = 10.0
HANG: Final = 30.0
READ, WRITE = "orders:read", "orders:write"
AS: Final = {"OAuth": "read", "step-up": "write"}


async def try_client(client: Client, fleet: Fleet, folder: Path) -> Row:
    """The row of one client."""
    row = Row(client.name, client.title)
    wanted = [cell for cell in CELLS if cell not in client.lacks]
    try:
        command = client.command()
    except NotInstalled as missing:
        row.cells = {cell: client.lacks.get(cell) or f"not installed: {line_of(missing)}" for cell in CELLS}
        row.wrong = wanted
        return row
    run = Run(client, command, fleet, folder, row)
    await run.cells(wanted)
    # Once more: on a busy machine, a call may find the store of the servers late.
    if failed := [cell for cell in wanted if row.cells[cell] != WORKS]:
        row.cells = {cell: text for cell, text in row.cells.items() if text == WORKS}
        await run.cells(["OAuth", "step-up"] if failed == ["step-up"] else failed)
    row.wrong = [cell for cell in wanted if row.cells[cell] != WORKS]
    worked = {cell: f"{WORKS} {client.how[cell]}" if cell in client.how else WORKS for cell in wanted}
    row.cells = {
        cell: client.lacks.get(cell) or (row.cells[cell] if cell in row.wrong else worked[cell]) for cell in CELLS
    }
    row.revision = run.revision()
    return row


class Run:
    """The processes of one client."""

    def __init__(self, client: Client, command: list[str], fleet: Fleet, folder: Path, row: Row) -> None:
        self._client = client
        self._command = command
        self._fleet = fleet
        self._home = folder / client.name
        self._home.mkdir(exist_ok=True)
        self._row = row
        self._visits = 0

    async def cells(self, wanted: list[str]) -> None:
        """Try some cells: one process with a token, one to cancel in, one that signs in."""
        if with_token := [cell for cell in wanted if cell not in WITH_SIGN_IN and cell != "cancel"]:
            await self.process(with_token, signed_in=True)
        if "cancel" in wanted:
            with self.hanging():
                await self.process(["cancel"], signed_in=True)
        if signing_in := [cell for cell in wanted if cell in WITH_SIGN_IN]:
            self._visits = 0
            await self.process(signing_in, signed_in=False)

    def revision(self) -> str:
        """The protocol revision of its calls, as the orders server logged them."""
        calls = [entry for entry in self._fleet.log_lines("orders") if entry.get("client_id") == self._client.name]
        return str(calls[-1]["protocol"]) if calls else ""

    async def process(self, cells: list[str], *, signed_in: bool) -> None:
        """Run the program for some cells."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self._home,
            env=self._environment(cells, signed_in=signed_in),
            start_new_session=True,
            limit=2**22,
        )
        assert process.stderr is not None
        errors = asyncio.create_task(process.stderr.read())
        trouble = ""
        try:
            async with asyncio.timeout(PATIENCE):
                trouble = await self._follow(process)
                await process.wait()
        except TimeoutError:
            trouble = f"no end within {PATIENCE:.0f} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        written = (await errors).decode(errors="replace").strip()
        (self._home / f"{cells[0]}.err").write_text(written, encoding="utf-8")
        last = written.splitlines()[-1] if written else f"ended with {process.returncode}"
        for cell in cells:
            self._row.cells.setdefault(cell, line_of(trouble or last))

    async def _follow(self, process: Process) -> str:
        """Answer the lines of the program until its end; returns what it says went wrong as a whole."""
        assert process.stdout is not None
        assert process.stdin is not None
        trouble = ""
        async for line in process.stdout:
            said: dict[str, Any] = json.loads(line) if line.startswith(b"{") else {}
            self._note(said)
            trouble = said.get("problem", trouble)
            if (answer := await self._answer(said)) is not None:
                process.stdin.write(f"{answer}\n".encode())
        return trouble

    def _note(self, said: dict[str, Any]) -> None:
        """What the program says about itself and its cells; the server's log says whether a call was cancelled."""
        match said:
            case {"version": version}:
                self._row.version = version
            case {"cell": cell, "works": True} if cell != "cancel":
                self._row.cells[cell] = WORKS
            case {"cell": cell, "reason": reason}:
                self._row.cells.setdefault(cell, line_of(reason))

    async def _answer(self, said: dict[str, Any]) -> str | None:
        """The line that the program waits for, if it does."""
        match said:
            case {"visit": url}:
                return await self._visit(url)
            case {"calling": True}:
                await self._server_works()
                return ""
            case {"cancelled": True}:
                self._row.cells["cancel"] = await self._cancelled()
                return ""
        return None

    async def _visit(self, url: str) -> str:
        """The user: allows reading at first, and every offered scope from then on. Returns where that leads."""
        self._visits += 1
        async with httpx2.AsyncClient(trust_env=False) as http:
            browser = Browser(http)
            page = await browser.open(url)
            scopes = [READ] if self._visits == 1 else None
            back = page
            if page.status_code == httpx2.codes.OK:
                back = await browser.answer(page, subject="ann", scopes=scopes)
            location = back.headers.get("location", "")
            if not location:
                self._row.cells["OAuth"] = line_of(
                    f"the issuer answers {back.status_code} {text_of(back.text)} to {url}"
                )
                return ""
            with suppress(httpx2.TransportError):  # some clients have the user paste the address instead
                await http.get(location)
            return str(location)

    async def _server_works(self) -> None:
        """Wait until the server has called its upstream, which only a poll can see."""
        while self._fleet.simulator.simulator.request_log.count() == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def _cancelled(self) -> str:
        """Wait until the server logs the call as cancelled."""
        deadline = asyncio.get_running_loop().time() + CANCELLED_WITHIN
        while asyncio.get_running_loop().time() < deadline:
            for entry in self._fleet.log_lines("weather"):
                if entry.get("client_id") == self._client.name and entry.get("outcome") == "cancelled":
                    return WORKS
            await asyncio.sleep(0.1)
        return f"the server still worked on the call {CANCELLED_WITHIN:.0f} s later"

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """The upstream of the weather server answers no request during the block."""
        simulator = self._fleet.simulator.simulator
        simulator.request_log.clear()
        simulator.faults.pending.append(Fault(kind="hang", times=10**6, seconds=HANG))
        try:
            yield
        finally:
            simulator.faults.pending.clear()

    def _environment(self, cells: list[str], *, signed_in: bool) -> dict[str, str]:
        fleet, name = self._fleet, self._client.name
        number = sum(map(ord, name)) % 50
        plan: dict[str, Any] = {
            "client": name,
            "cells": cells,
            "as": AS,
            "service_of": SERVICE_OF,
            "urls": fleet.endpoints,
            "tokens": {one: fleet.token(one, client=name) for one in fleet.endpoints} if signed_in else None,
            "facts": fleet.facts,
            "adjustment": {
                "sku": fleet.facts["sku"],
                "location": fleet.facts["warehouse"],
                "change": 1,
                "reason": "received",
                "idempotency_key": f"clients-{uuid4().hex}",
            },
            # Cancelled calls want a place that is not in a cache.
            "comparison": {
                "location": f"{40 + number / 10 + (5 if cells == ['cancel'] else 0):.1f}, 8.5",
                "day": "2026-07-14",
            },
        }
        tokens = plan["tokens"] or {}
        # For programs that read no JSON.
        flat = {
            "CELLS": " ".join(cells),
            "ORDER": fleet.facts["order"],
            "SKU": fleet.facts["sku"],
            "ADJUSTMENT": json.dumps(plan["adjustment"]),
            "COMPARISON": json.dumps(plan["comparison"]),
            **{f"URL_{one.upper()}": url for one, url in fleet.endpoints.items()},
            **{f"TOKEN_{one.upper()}": token for one, token in tokens.items()},
        }
        kept = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "SSL_CERT_FILE"}}
        return {
            **kept,
            "HOME": str(self._home),
            "PYTHONPATH": os.pathsep.join((str(PROGRAMS), str(SHARED))),
            "PYTHONWARNINGS": "ignore",
            "NO_PROXY": "127.0.0.1,localhost",
            **{f"CLIENT_{key}": value for key, value in flat.items()},
            "CLIENT_PLAN": json.dumps(plan),
        }


def text_of(html: str) -> str:
    """The text of a page."""
    return re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)


def line_of(problem: object) -> str:
    """One line without characters that end a cell of a Markdown table."""
    return " ".join(str(problem).replace("|", "/").split())[:200]
