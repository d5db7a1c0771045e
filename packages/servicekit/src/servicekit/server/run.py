"""Running a service: Streamable HTTP under uvicorn, or stdio."""

import asyncio
import gc
import os
import signal
import socket
import ssl
import sys
import time
from types import FrameType
from typing import Final

import uvicorn
from mcp.server.stdio import stdio_server
from starlette.types import ASGIApp

from servicekit.auth.authenticator import Authenticator
from servicekit.core.caller import Caller
from servicekit.core.identity import KIT_VERSION
from servicekit.http.app import http_app
from servicekit.http.shutdown import ACCEPT_SECONDS, UNREADY_SECONDS
from servicekit.http.uvicorn_protocol import bounded_protocol
from servicekit.server.landing_page import landing_page
from servicekit.server.service import Service
from servicekit.server.zero_initialisation import initialise_series
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.certificates import certificates
from servicekit.telemetry.instruments import build_info, tenant_calls
from servicekit.telemetry.logs import configure_logs
from servicekit.telemetry.setup import Telemetry, TelemetryOptions

_KEEP_ALIVE: Final = 75
"""Seconds that an idle connection stays open: longer than proxies keep theirs, so that they never use a closed one."""
_COLLECTIONS: Final = (10_000, 20, 20)
"""Allocations between collections, and collections of a generation between those of the next. A call allocates some
hundred objects, which are freed without a collection; with Python's 700 it would pay for three."""
_ACCEPT_CHECKS: Final = 5
_SWEEP: Final = 0.5  # seconds between checks for connections
_LAST_LINE: Final = 0.2
"""Seconds for the thread behind standard output to write the last responses."""


def prepare_telemetry(service: Service) -> Telemetry:
    """Set up logs, traces and metrics of this process. Call once; flush at its end."""
    settings, identity = service.settings, service.identity
    log_format = settings.log_format
    if log_format == "auto":
        log_format = "console" if sys.stderr.isatty() else "json"
    configure_logs(identity.name, log_format, settings.log_level)
    page = (settings.metrics_host, settings.metrics_port) if settings.metrics_port is not None else None
    options = TelemetryOptions(settings.otlp_endpoint, page, settings.trace_sample_ratio, settings.trace_follow_callers)
    tenant_calls.watch(settings.metrics_tenants)
    telemetry = Telemetry(identity.name, identity.version, options)
    build_info.set(1, {"version": identity.version, "kit.version": KIT_VERSION})
    initialise_series(service.registry.operations)
    return telemetry


class _Server(uvicorn.Server):
    """Stops in the phases of `servicekit.http.shutdown`, then raises the signal that ended it."""

    def __init__(self, config: uvicorn.Config, service: Service, telemetry: Telemetry | None) -> None:
        super().__init__(config)
        self._service = service
        self._telemetry = telemetry
        self._closes_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then let garbage collections begin, if `serve_http` has put them off."""
        await super().startup(sockets)
        if not gc.isenabled():
            gc.freeze()  # a full collection would look at all objects that stay, and hold calls for 0.1 s
            gc.set_threshold(*_COLLECTIONS)
            gc.enable()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown at the first signal; end the process at the second, which loses no more than kill -9."""
        if self._captured_signals:
            os._exit(128 + sig)
        if sig == signal.SIGINT:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._service.health.shutting_down = True
        self._closes_at = time.monotonic() + UNREADY_SECONDS

    async def on_tick(self, counter: int) -> bool:
        """Close the listening socket when the unready phase is over."""
        if self._closes_at is not None and time.monotonic() >= self._closes_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish running calls, stop components, flush telemetry."""
        self._service.stop_calls()
        await self._accept_pending()
        sweeping = asyncio.create_task(self._sweep())
        await super().shutdown(sockets)
        sweeping.cancel()
        if self._telemetry is not None:
            await asyncio.to_thread(self._telemetry.flush)

    async def _accept_pending(self) -> None:
        """Accept the connections in the kernel's queue first: closing the socket would reset them."""
        for _ in range(_ACCEPT_CHECKS):
            known = set(self.server_state.connections)
            await asyncio.sleep(ACCEPT_SECONDS / _ACCEPT_CHECKS)
            if self.server_state.connections <= known:
                return

    async def _sweep(self) -> None:
        """Shut down connections accepted while the socket closed, which uvicorn's own shutdown does not know."""
        while True:
            await asyncio.sleep(_SWEEP)
            for connection in list(self.server_state.connections):
                connection.shutdown()


def http_server(service: Service, telemetry: Telemetry | None = None) -> uvicorn.Server:
    """The HTTP server of a service, ready to run."""
    settings = service.settings
    for path in filter(None, (settings.tls_certificate, settings.tls_client_ca)):
        certificates.watch(path, loaded_once=True)
    config = uvicorn.Config(
        _http_app(service),
        host="" if settings.host == "::" else settings.host,  # asyncio would refuse IPv4 on "::"
        port=settings.port,
        http=bounded_protocol(
            settings.max_header_bytes, settings.header_timeout, settings.max_body_bytes, settings.write_timeout
        ),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the caller's address is the peer's, whatever a header claims
        timeout_graceful_shutdown=settings.drain_seconds,
        timeout_keep_alive=_KEEP_ALIVE,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ssl_ca_certs=settings.tls_client_ca,
        # A client without a good certificate is refused in the handshake, before any HTTP.
        ssl_cert_reqs=ssl.CERT_REQUIRED if settings.tls_client_ca is not None else ssl.CERT_NONE,
    )
    return _Server(config, service, telemetry)


def _http_app(service: Service) -> ASGIApp:
    authenticator = Authenticator.from_settings(service.settings)
    authenticator.on_change(service.callers_changed)
    page = landing_page(service.settings, service.identity, service.registry.scopes)
    return http_app(service, authenticator, page)


def serve_http(service: Service) -> None:
    """Serve until SIGTERM or SIGINT, then let running calls finish."""
    gc.disable()
    telemetry = prepare_telemetry(service)
    http_server(service, telemetry).run()


async def serve_stdio(service: Service) -> None:
    """Serve the operating-system user over standard input and output, with the scopes that settings give.

    Ends with standard input, when the client is gone, or at a signal, after the running calls are answered.
    """
    telemetry = prepare_telemetry(service)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop_or_end, stopped, number)
    try:
        async with service.running():
            serving = asyncio.create_task(_serve_streams(service))
            waiting = asyncio.create_task(stopped.wait())
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if stopped.is_set():
                service.stop_calls()
                await service.pipeline.concurrency.wait_idle(service.settings.drain_seconds)
                await asyncio.sleep(_LAST_LINE)
            else:
                waiting.cancel()
                if await _client_is_gone(serving):
                    stopped.set()
    finally:
        await asyncio.to_thread(telemetry.flush)
    if stopped.is_set():
        os._exit(0)  # a thread waits for the next line of standard input, and Python would wait for that thread


async def _serve_streams(service: Service) -> None:
    server = service.sdk_server(local_caller(service.settings))
    async with stdio_server() as (read_stream, write_stream):
        await server.run(read_stream, write_stream, server.create_initialization_options())


async def _client_is_gone(serving: asyncio.Task[None]) -> bool:
    """Wait until serving has ended. Whether it ended because nothing reads standard output any more."""
    try:
        await serving
    except BaseExceptionGroup as group:
        if group.split(BrokenPipeError)[1] is not None:
            raise
        return True
    return False


def _stop_or_end(stopped: asyncio.Event, number: int) -> None:
    if stopped.is_set():
        os._exit(128 + number)
    stopped.set()


def local_caller(settings: ServiceSettings) -> Caller:
    """The caller over stdio, from the settings."""
    return Caller(
        subject=settings.stdio_subject,
        client_id="stdio",
        tenant=settings.stdio_tenant,
        scopes=frozenset(settings.stdio_scopes),
        auth_method="stdio",
    )
