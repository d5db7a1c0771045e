"""Running a service: Streamable HTTP under uvicorn, or stdio."""

import asyncio
import socket
import ssl
import sys

import uvicorn
from mcp.server.stdio import stdio_server

from servicekit.app import Service
from servicekit.caller import Caller
from servicekit.http_app import http_app
from servicekit.http_protocol import bounded_protocol
from servicekit.settings import ServiceSettings
from servicekit.telemetry.beginnings import begin_series
from servicekit.telemetry.logs import configure_logs
from servicekit.telemetry.providers import Telemetry

DRAIN_SECONDS = 10
"""How long running calls get to finish after SIGTERM; the process is gone within 15 s (SECURITY, Faults)."""


def prepare_telemetry(service: Service) -> Telemetry:
    """Set up logs, traces and metrics for this process, once; to be flushed at its end."""
    settings, name = service.settings, service.identity["name"]
    log_format = settings.log_format
    if log_format == "auto":
        log_format = "console" if sys.stderr.isatty() else "json"
    configure_logs(name, log_format, settings.log_level)
    telemetry = Telemetry(name, service.identity["version"], settings)
    begin_series(service.catalogue.operations)
    return telemetry


class _Server(uvicorn.Server):
    """Flushes telemetry when it has stopped: after that it raises the signal that ended it, and is gone."""

    def __init__(self, config: uvicorn.Config, telemetry: Telemetry | None) -> None:
        super().__init__(config)
        self._telemetry = telemetry

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, then flush."""
        await super().shutdown(sockets)
        if self._telemetry is not None:
            await asyncio.to_thread(self._telemetry.flush)


def http_server(service: Service, telemetry: Telemetry | None = None) -> uvicorn.Server:
    """The HTTP server of a service, ready to run."""
    settings = service.settings
    config = uvicorn.Config(
        http_app(service),
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
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ssl_ca_certs=settings.tls_client_ca,
        # A client without a good certificate is refused in the handshake, before any HTTP.
        ssl_cert_reqs=ssl.CERT_REQUIRED if settings.tls_client_ca is not None else ssl.CERT_NONE,
    )
    return _Server(config, telemetry)


def serve_http(service: Service) -> None:
    """Serve until SIGTERM or SIGINT, then let running calls finish."""
    telemetry = prepare_telemetry(service)
    http_server(service, telemetry).run()


async def serve_stdio(service: Service) -> None:
    """Serve the operating-system user over standard input and output, with the scopes that settings give."""
    telemetry = prepare_telemetry(service)
    server = service.server(local_caller(service.settings))
    try:
        async with service.running(), stdio_server() as (read_stream, write_stream):
            await server.run(read_stream, write_stream, server.create_initialization_options())
    finally:
        await asyncio.to_thread(telemetry.flush)


def local_caller(settings: ServiceSettings) -> Caller:
    """Who is at the other end of stdio, as settings say."""
    return Caller(
        subject=settings.stdio_subject,
        client_id="stdio",
        tenant=settings.stdio_tenant,
        scopes=frozenset(settings.stdio_scopes),
        way_in="stdio",
    )
