"""The official client against a running server, in either protocol era."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from .conftest import Running

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")


@asynccontextmanager
async def signed_in(running: Running, *scopes: str, era: Era = "auto", **claims: Any) -> AsyncIterator[Client]:
    """A client over HTTP whose token carries these scopes and claims."""
    async with (
        httpx2.AsyncClient(headers=running.headers(*scopes, **claims), timeout=10) as http,
        Client(streamable_http_client(running.endpoint, http_client=http), mode=era) as client,
    ):
        yield client
