"""A small service for tests of progress, pictures, sounds and embedded resources."""

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import BaseModel

from devkit.issuer.testing import RunningIssuer
from servicekit.core.caller import current_caller
from servicekit.core.identity import ServerIdentity
from servicekit.core.progress import report_progress
from servicekit.registry.prompts import prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import read
from servicekit.schema.content import ATTACHMENTS_BUDGET, Audio, EmbeddedResource, Image, WithAttachments
from servicekit.schema.pagination import Limit, Page
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect, serving
from tests.servicekit.conftest import Era, at

from .general_app import app_settings

Site = tuple[str, dict[str, str]]
"""An endpoint, and the headers of a permitted caller."""
LOOK = "content:read"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


class Frame(BaseModel):
    """The size of a picture."""

    width: int
    height: int


@dataclass
class ContentTools:
    """One method is one tool; what it saw of a call's end is kept for the test."""

    started: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    heard: threading.Event = field(default_factory=threading.Event)
    leftovers: list[asyncio.Task[None]] = field(default_factory=list)

    async def paint(self) -> WithAttachments[Frame]:
        """Paint one red pixel."""
        return WithAttachments(Frame(width=1, height=1), [Image(PIXEL, "One red pixel.")])

    async def perform(self) -> WithAttachments[str]:
        """Send one of everything and no text."""
        sheet = EmbeddedResource("content://sheet", '{"key":"D"}', "application/json")
        return WithAttachments(
            "", [Image(PIXEL, ""), Audio(b"RIFF", "A bell."), sheet, EmbeddedResource("content://tape", b"\0")]
        )

    async def exhibit(self, limit: Limit = 2) -> WithAttachments[Page[Frame]]:
        """Show a page of frames, with a picture."""
        frames = [Frame(width=width, height=1) for width in range(3)]
        return WithAttachments(Page(frames, limit, key=lambda frame: (frame.width,)), [Image(PIXEL, "The first.")])

    async def overdo(self) -> WithAttachments[Frame]:
        """Paint three pictures, of which the second is too large."""
        large = Image(bytes(ATTACHMENTS_BUDGET), "A wall.")
        return WithAttachments(Frame(width=1, height=1), [Image(PIXEL, "A pixel."), large, Image(PIXEL, "Another.")])

    async def expose(self) -> str:
        """Report four steps, and what no client should be sent."""
        await report_progress(0, 3, "Opening")
        await report_progress(1, 3)
        await report_progress(1, 3, "again")
        await report_progress(0.5, 3, "back")
        await report_progress(math.nan, 3, "nowhere")
        await report_progress(2.5, math.inf, "Closing")
        await report_progress(3, 3)
        return "done"

    async def flood(self) -> str:
        """Report far more often than a client reads."""
        for step in range(1, 1001):
            await report_progress(step, 1000)
        return "done"

    async def leave_something_running(self) -> str:
        """Start what reports after the call has ended."""
        ended = asyncio.Event()

        async def go_on() -> None:
            await ended.wait()
            await report_progress(2)

        await report_progress(1)
        self.leftovers.append(asyncio.create_task(go_on()))
        asyncio.get_running_loop().call_soon(ended.set)
        return current_caller().subject

    async def ponder(self) -> str:
        """Report nothing, and end when the client has heard something."""
        return "done" if await asyncio.to_thread(self.heard.wait, 10) else "not heard"

    async def wait(self) -> str:
        """Report once, then take for ever."""
        self.started.set()
        try:
            await report_progress(1)
            await asyncio.Event().wait()
        finally:
            self.stopped.set()
        raise AssertionError

    async def pixel(self) -> bytes:
        """One pixel."""
        return PIXEL

    async def wall(self) -> bytes:
        """More than a resource may have."""
        return bytes(2000)

    async def criticise(self, name: str) -> WithAttachments[str]:
        """Ask for an opinion of the pixel."""
        extras = [Image(PIXEL, ""), EmbeddedResource(f"content://notes/{name}", "Red.")]
        return WithAttachments(f"What does {name} think of this?", extras)


def content_app(tools: ContentTools, **settings: Any) -> Service:
    """The service, on settings that a test may change."""
    return Service(
        settings=app_settings(**settings),
        identity=ServerIdentity(name="content", title="Content", version="1", instructions="Paints."),
        tools=[
            read(method, scope=LOOK)
            for method in (
                tools.paint,
                tools.perform,
                tools.exhibit,
                tools.overdo,
                tools.expose,
                tools.flood,
                tools.leave_something_running,
                tools.ponder,
                tools.wait,
            )
        ],
        resources=[
            resource("content://pixel", tools.pixel, scope=LOOK, mime_type="image/png"),
            resource("content://wall", tools.wall, scope=LOOK, budget=1000),
        ],
        prompts=[prompt(tools.criticise, scope=LOOK)],
    )


@contextmanager
def content_site(issuer: RunningIssuer, tools: ContentTools | None = None) -> Iterator[Site]:
    """The service over real HTTP."""
    tools = tools or ContentTools()
    with serving(lambda port: content_app(tools, **at(port, issuer.url))) as base_url:
        endpoint = f"{base_url}/mcp"
        yield endpoint, {"Authorization": f"Bearer {issuer.mint(endpoint, scopes=[LOOK])}"}


@asynccontextmanager
async def over_http(site: Site, era: Era, **options: Any) -> AsyncIterator[Client]:
    """The official client over HTTP."""
    endpoint, headers = site
    async with (
        httpx2.AsyncClient(headers=headers, timeout=10, trust_env=False) as http,
        Client(streamable_http_client(endpoint, http_client=http), mode=era, **options) as client,
    ):
        yield client


@asynccontextmanager
async def in_memory(era: Era, tools: ContentTools | None = None) -> AsyncIterator[Client]:
    """The official client without a wire."""
    service = content_app(tools or ContentTools())
    async with service.running(), connect(service, caller(LOOK), mode=era) as client:
        yield client


@pytest.fixture(scope="module")
def content_at(issuer: RunningIssuer) -> Iterator[Site]:
    """The service over HTTP, for the tests of one file."""
    with content_site(issuer) as site:
        yield site


@pytest.fixture(params=["http", "memory"])
async def client(request: pytest.FixtureRequest, era: Era, content_at: Site) -> AsyncIterator[Client]:
    """The official client on each transport, in each era of the protocol."""
    async with over_http(content_at, era) if request.param == "http" else in_memory(era) as connected:
        yield connected
