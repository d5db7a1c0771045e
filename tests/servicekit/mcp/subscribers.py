"""Replicas of one service, clients that subscribe at them, and the change that they wait for."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import Subscription

from devkit.issuer.testing import RunningIssuer
from servicekit.server.service import Service
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.subscriptions_app import READ, subscriptions_app
from tests.servicekit.conftest import at

NOTE = "note://n1"
PATIENCE = 10.0  # seconds


@dataclass
class Replicas:
    """Replicas of one service over HTTP."""

    issuer: RunningIssuer
    base_urls: list[str] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)

    @asynccontextmanager
    async def client(
        self, replica: int = 0, *scopes: str, key: str | None = None, **claims: Any
    ) -> AsyncIterator[Client]:
        """The official client at one replica, with a token of these claims unless it has a key."""
        url = f"{self.base_urls[replica]}/mcp"
        headers = {"Authorization": f"Bearer {key or self.issuer.mint(url, scopes=scopes or (READ,), **claims)}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=20) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client


@contextmanager
def replicas(issuer: RunningIssuer, count: int, **settings: Any) -> Iterator[Replicas]:
    """So many replicas, on one store."""
    made, name = Replicas(issuer), f"notes-{secrets.token_hex(4)}"

    def build(port: int) -> Service:
        service = subscriptions_app(app_settings(**at(port, issuer.url), **settings), name=name)
        made.services.append(service)
        return service

    with ExitStack() as stack:
        made.base_urls += [stack.enter_context(serving(build)) for _ in range(count)]
        yield made


async def heard(subscription: Subscription) -> Any:
    """The next event."""
    async with asyncio.timeout(PATIENCE):
        return await anext(subscription)


async def ended(subscription: Subscription) -> bool:
    """Whether the stream ends gracefully, whatever it says before."""
    async with asyncio.timeout(PATIENCE):
        async for _ in subscription:
            pass
    return True


async def touch(client: Client, note: str = "n1") -> None:
    result = await client.call_tool("touch", {"note_id": note})
    assert not result.is_error
