"""Drives one client through the cells of the table. Each program says how its client connects, and what it can do.

The plan comes in `CLIENT_PLAN`; lines of JSON go to standard output. It runs in the client's own environment, so it
uses only the standard library, and the MCP SDK for signing in.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any

from browser_visit import Storage, Visit, say

PLAN = json.loads(os.environ["CLIENT_PLAN"])
FACTS = PLAN["facts"]
PATIENCE = 120.0  # seconds, for one cell
CODE = re.compile(r"\b[A-Z]-[0-9A-Z]{4}-[0-9A-Z]{4}\b")

Connect = Callable[..., AbstractAsyncContextManager[Any]]
"""Takes `url`, `headers` and `auth`; yields a session.

A session has `tools()` (names) and `call(name, arguments)` (the result as text), and where the client can do it
`resource(uri)`, `prompt(name, arguments)` (both as text), `complete(prompt, argument, start)` (values),
`progress(name, arguments)` (how many notifications came) and `stop(name, arguments)`, which calls, awaits `begun()`,
and cancels.
"""


class Cells:
    """The cells of the table, on a session of a client."""

    def __init__(self, session: Any) -> None:
        self.session = session

    async def list(self) -> None:
        names = await self.session.tools()
        assert "get_order" in names, f"get_order is not among {len(names)} tools"
        assert "issue_refund" in names, f"issue_refund is not among {len(names)} tools"

    async def read(self) -> None:
        text = await self.session.call("get_order", {"order_id": FACTS["order"]})
        assert FACTS["order"] in text, text[:200]

    async def write(self) -> None:
        note = f"Seen by {PLAN['client']}"
        text = await self.session.call("update_order_notes", {"order_id": FACTS["order"], "notes": note})
        assert note in text, text[:200]
        assert note in await self.session.call("get_order", {"order_id": FACTS["order"]}), "the note is not there"

    async def confirm(self) -> None:
        before = await self.pieces()
        text = await self.session.call("adjust_inventory", PLAN["adjustment"])
        if code := CODE.search(text):
            assert await self.pieces() == before, "the preview changed the stock"
            text = await self.session.call("orders_confirm_action", {"code": code[0]})
        assert await self.pieces() == before + 1, f"the stock did not change: {text[:200]}"

    async def pieces(self) -> int:
        text = await self.session.call("get_inventory", {"skus": [FACTS["sku"]]})
        found = re.findall(r'"on_hand\\*":\s*(-?\d+)', text)
        assert found, text[:300]
        return sum(map(int, found))

    async def resource(self) -> None:
        text = await self.session.resource("policy://refunds")
        assert "Refund policy" in text, text[:200]

    async def prompt(self) -> None:
        text = await self.session.prompt("where_is_my_order", {"order_id": FACTS["order"]})
        assert FACTS["order"] in text, text[:200]

    async def complete(self) -> None:
        values = await self.session.complete("exception_review", "status", "pa")
        assert "paid" in values, values

    async def progress(self) -> None:
        count = await self.session.progress("compare_to_normal", PLAN["comparison"])
        assert count > 1, f"{count} notifications came"

    async def cancel(self) -> None:
        await self.session.stop("compare_to_normal", PLAN["comparison"])
        say(cancelled=True)
        await line()


async def line() -> str:
    """Wait for a line from the runner."""
    return await asyncio.to_thread(sys.stdin.readline)


async def begun() -> None:
    """Wait until the server works on the call."""
    say(calling=True)
    await line()


async def attempt(cell: str, work: Any) -> None:
    """Run one cell, and say how it ended."""
    try:
        await asyncio.wait_for(work, PATIENCE)
    except Exception as problem:
        say(cell=cell, reason=reason(problem))
    else:
        say(cell=cell, works=True)


def reason(problem: BaseException) -> str:
    """One line about a failure."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}"[:300] if text else type(problem).__name__


async def drive(connect: Connect, package: str) -> None:
    """Run the cells of the plan. `package` is the distribution whose version is the client's."""
    say(version=version(package))
    await drive_session(connect)


async def drive_session(connect: Connect) -> None:
    """Run the cells of the plan, of a client that is no Python package."""
    for service in ("orders", "weather"):
        cells = [cell for cell in PLAN["cells"] if PLAN["service_of"][cell] == service]
        if not cells:
            continue
        headers = {"Authorization": f"Bearer {PLAN['tokens'][service]}"} if PLAN["tokens"] else None
        auth = None if headers else sign_in(PLAN["urls"][service])
        try:
            async with connect(url=PLAN["urls"][service], headers=headers, auth=auth) as session:
                for cell in cells:
                    await attempt(cell, getattr(Cells(session), PLAN["as"].get(cell, cell))())
        except Exception as problem:
            say(problem=reason(problem))


def sign_in(url: str) -> Any:
    """The SDK's own OAuth, whose user the runner is."""
    try:
        from mcp.client.auth import OAuthClientProvider
        from mcp.shared.auth import OAuthClientMetadata
    except ImportError:
        return None  # a client with a login of its own

    visit = Visit()

    async def come_back() -> Any:
        back = await visit.end()
        try:
            from mcp.client.auth.oauth2 import AuthorizationCodeResult
        except ImportError:
            return back["code"], back["state"]
        return AuthorizationCodeResult(code=back["code"], state=back["state"], iss=back["iss"])

    metadata = OAuthClientMetadata(client_name=PLAN["client"], redirect_uris=[visit.redirect_uri])
    return OAuthClientProvider(url, metadata, Storage(), visit.begin, come_back)


def run(connect: Connect, package: str) -> None:
    """The main of a program."""
    asyncio.run(drive(connect, package))
