"""Test tools for services: the official client in memory, and the HTTP server on a free port."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

from mcp.client import Client
from starlette.types import ASGIApp

from servicekit.core.caller import Caller
from servicekit.server.run import http_server
from servicekit.server.service import Service

_START_TIMEOUT = 10.0  # seconds


def caller(*scopes: str, subject: str = "ann", tenant: str | None = "acme", client_id: str = "tests") -> Caller:
    """A caller with these scopes."""
    return Caller(subject=subject, client_id=client_id, tenant=tenant, scopes=frozenset(scopes), auth_method="stdio")


@asynccontextmanager
async def connect(
    service: Service, caller: Caller, *, mode: Literal["auto", "legacy"] = "auto", **options: Any
) -> AsyncIterator[Client]:
    """Connect the official client in memory to a service that is running (`async with service.running()`)."""
    async with Client(service.sdk_server(caller), mode=mode, **options) as client:
        yield client


@contextmanager
def serving(build: Callable[[int], Service], wrap: Callable[[ASGIApp], ASGIApp] | None = None) -> Iterator[str]:
    """Serve a service over HTTP in its own thread; yields the base URL, such as ``http://127.0.0.1:40321``.

    Args:
        build: builds the service for a port, on which its public URL and Host check depend.
        wrap: wraps the HTTP application, for example in a recording middleware.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = http_server(build(port))
        if wrap is not None:
            app: Any = server.config.app  # uvicorn also allows an import string
            server.config.app = wrap(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server did not start; see its log")
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(_START_TIMEOUT)
