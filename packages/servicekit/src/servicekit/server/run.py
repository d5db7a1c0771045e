"""Running a service: Streamable HTTP under uvicorn, or stdio."""

import asyncio
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
from sse_starlette.sse import AppStatus
from starlette.types import ASGIApp

from servicekit.auth.authenticator import Authenticator
from servicekit.core.caller import Caller
from servicekit.http.app import http_app
from servicekit.http.shutdown import ACCEPT_SECONDS, CALLS_SECONDS, UNREADY_SECONDS
from servicekit.http.uvicorn_protocol import bounded_protocol
from servicekit.server.landing_page import landing_page
from servicekit.server.service import Service
from servicekit.server.zero_initialisation import initialise_series
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.logs import configure_logs
from servicekit.telemetry.setup import Telemetry, TelemetryOptions

_KEEP_ALIVE: Final = 75
"""Seconds that an idle connection stays open: longer than proxies keep theirs, who would send into a closed one."""
_LOOKS: Final = 5
_SWEEP: Final = 0.5  # seconds between looks at what is still connected
_LAST_LINE: Final = 0.2
"""Seconds that the thread behind standard output gets to write the last answers."""


def prepare_telemetry(service: Service) -> Telemetry:
    """Set up logs, traces and metrics for this process, once; to be flushed at its end."""
    settings, identity = service.settings, service.identity
    log_format = settings.log_format
    if log_format == "auto":
        log_format = "console" if sys.stderr.isatty() else "json"
    configure_logs(identity.name, log_format, settings.log_level)
    page = (settings.metrics_host, settings.metrics_port) if settings.metrics_port is not None else None
    options = TelemetryOptions(settings.otlp_endpoint, page, settings.trace_sample_ratio, settings.trace_follow_callers)
    telemetry = Telemetry(identity.name, identity.version, options)
    initialise_series(service.registry.operations)
    return telemetry


class _Server(uvicorn.Server):
    """Stops as `servicekit.http.shutdown` says. In the end it raises the signal that ended it, and is gone."""

    def __init__(self, config: uvicorn.Config, service: Service, telemetry: Telemetry | None) -> None:
        super().__init__(config)
        self._service = service
        self._telemetry = telemetry
        self._closes_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins; the second ends the process, as kill -9 would, by which nothing is lost either."""
        if self._captured_signals:
            os._exit(128 + sig)
        if sig == signal.SIGINT:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._service.health.shutting_down = True
        self._closes_at = time.monotonic() + UNREADY_SECONDS

    async def on_tick(self, counter: int) -> bool:
        """Close the door when the notice is over."""
        if self._closes_at is not None and time.monotonic() >= self._closes_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what runs finish, stop, then flush."""
        self._service.stop_calls()
        await self._take_who_waits()
        sweeping = asyncio.create_task(self._sweep())
        await super().shutdown(sockets)
        sweeping.cancel()
        if self._telemetry is not None:
            await asyncio.to_thread(self._telemetry.flush)

    async def _take_who_waits(self) -> None:
        """Connections that the system holds for us are reset when the door closes: a busy server takes them first."""
        for _ in range(_LOOKS):
            known = set(self.server_state.connections)
            await asyncio.sleep(ACCEPT_SECONDS / _LOOKS)
            if self.server_state.connections <= known:
                return

    async def _sweep(self) -> None:
        """Connections that were taken as the door closed are not known to uvicorn's own shutdown."""
        while True:
            await asyncio.sleep(_SWEEP)
            for connection in list(self.server_state.connections):
                connection.shutdown()


def http_server(service: Service, telemetry: Telemetry | None = None) -> uvicorn.Server:
    """The HTTP server of a service, ready to run."""
    settings = service.settings
    # At the closed door it would cut every stream, and answers of the legacy era are streams. Ours end by themselves.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    config = uvicorn.Config(
        _http_app(service),
        host=settings.host,
        port=settings.port,
        http=bounded_protocol(
            settings.max_header_bytes, settings.header_timeout, settings.max_body_bytes, settings.write_timeout
        ),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the peer is who connects; what a header claims is not believed
        timeout_graceful_shutdown=CALLS_SECONDS,
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
    telemetry = prepare_telemetry(service)
    http_server(service, telemetry).run()


async def serve_stdio(service: Service) -> None:
    """Serve the operating-system user over standard input and output, with the scopes that settings give.

    Until standard input ends, or a signal: calls that run then are finished and answered.
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
                await service.pipeline.concurrency.wait_idle(CALLS_SECONDS)
                await asyncio.sleep(_LAST_LINE)
            else:
                waiting.cancel()
                await serving
    finally:
        await asyncio.to_thread(telemetry.flush)
    if stopped.is_set():
        os._exit(0)  # a thread waits for the next line of standard input, and Python would wait for that thread


async def _serve_streams(service: Service) -> None:
    server = service.mcp_server(local_caller(service.settings)).server
    async with stdio_server() as (read_stream, write_stream):
        await server.run(read_stream, write_stream, server.create_initialization_options())


def _stop_or_end(stopped: asyncio.Event, number: int) -> None:
    if stopped.is_set():
        os._exit(128 + number)
    stopped.set()


def local_caller(settings: ServiceSettings) -> Caller:
    """Who is at the other end of stdio, as settings say."""
    return Caller(
        subject=settings.stdio_subject,
        client_id="stdio",
        tenant=settings.stdio_tenant,
        scopes=frozenset(settings.stdio_scopes),
        auth_method="stdio",
    )
