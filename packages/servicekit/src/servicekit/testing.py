"""For the tests of services: the official client, in memory, as any caller."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from mcp.client import Client

from servicekit.app import Service
from servicekit.caller import Caller


def caller(*scopes: str, subject: str = "ann", tenant: str | None = "acme", client_id: str = "tests") -> Caller:
    """Somebody signed in with these scopes."""
    return Caller(subject=subject, client_id=client_id, tenant=tenant, scopes=frozenset(scopes), way_in="stdio")


@asynccontextmanager
async def connect(
    service: Service, signed_in: Caller, *, mode: Literal["auto", "legacy"] = "auto", **options: Any
) -> AsyncIterator[Client]:
    """The official client, connected in memory to a service that runs already (`async with service.running()`)."""
    async with Client(service.server(signed_in), mode=mode, **options) as client:
        yield client
