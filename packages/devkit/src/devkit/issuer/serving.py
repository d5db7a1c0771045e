"""Serve the issuer: as a process of the stack, or in a thread for tests. Loopback only."""

import ipaddress
import secrets
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette

from devkit.errors import DevkitError
from devkit.issuer.app import create_issuer
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.keys import LIFETIME, KeyPair, mint
from devkit.loopback.ports import LOOPBACK

START_TIMEOUT = 10.0


def require_loopback(host: str) -> None:
    """Raise `DevkitError` unless `host` is an address of this machine only: this issuer signs anyone in."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise DevkitError(
            f"The development issuer signs anyone in and listens on loopback only, not on {host}. Use 127.0.0.1."
        )


def serve(app: Starlette, host: str, port: int) -> None:
    """Serve until a signal. Raises `DevkitError` for a host that is not loopback."""
    require_loopback(host)
    # Open keep-alive connections must not hold up the end of the stack.
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


@dataclass(frozen=True)
class RunningIssuer:
    """An issuer that serves real HTTP, and its key."""

    url: str
    key: KeyPair
    machine_secret: str

    def mint(
        self,
        audience: str | list[str],
        *,
        scopes: Iterable[str] = (),
        subject: str = "dev",
        tenant: str = "acme",
        client_id: str = "devkit",
        lifetime: float = LIFETIME,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> str:
        """An access token of this issuer; see `devkit.issuer.keys.mint` for making wrong ones."""
        return mint(
            self.key,
            issuer=self.url,
            audience=audience,
            subject=subject,
            tenant=tenant,
            client_id=client_id,
            scopes=scopes,
            lifetime=lifetime,
            claims=claims,
            header=header,
        )


@contextmanager
def issuer_in_thread(scopes: Sequence[str], *, key: KeyPair | None = None) -> Iterator[RunningIssuer]:
    """An issuer on a free port of 127.0.0.1 for the length of the block; it forgets everything at the end."""
    key = key or KeyPair.generate()
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        secret = secrets.token_urlsafe(24)
        app = create_issuer(IssuerConfiguration(url=url, scopes=tuple(scopes), machine_secret=secret), key)
        with serving_in_thread(app, listener):
            yield RunningIssuer(url, key, secret)


@contextmanager
def serving_in_thread(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve any ASGI application on a bound socket, in a thread, for the length of the block."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="auto", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise DevkitError("The server did not start; its reason is in the log above.")
        time.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(START_TIMEOUT)
