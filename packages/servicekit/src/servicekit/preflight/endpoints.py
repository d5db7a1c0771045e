"""Checks that the hosts beside the stores can be reached: the collector, and the upstreams of a service."""

import asyncio
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from servicekit.preflight.finding import Area
from servicekit.preflight.http_problem import http_problem
from servicekit.preflight.variables import variable
from servicekit.settings.exporter_headers import exporter_headers
from servicekit.settings.service import ServiceSettings
from servicekit.settings.urls import is_loopback
from servicekit.upstream.http.url import UpstreamUrl

_REFUSED = (401, 403)


class CollectorChecks:
    """The OpenTelemetry collector. Calls never wait for it, so its problems are warnings."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    async def check(self, area: Area) -> None:
        """Send an export without spans."""
        endpoint = self._settings.otlp_endpoint
        if endpoint is None:
            return
        name = variable(self._settings, "otlp_endpoint")
        headers = {"Content-Type": "application/x-protobuf", **exporter_headers("TRACES")}
        trusts_environment = not is_loopback(urlsplit(endpoint).hostname)
        with area.waiting("collector", f"{name} gives no answer in time.", "Check NetworkPolicy and firewall."):
            try:
                async with httpx2.AsyncClient(timeout=5.0, trust_env=trusts_environment) as client:
                    status = (await client.post(f"{endpoint}/v1/traces", headers=headers, content=b"")).status_code
            except (httpx2.HTTPError, OSError) as error:
                detail, remedy = http_problem(error)
                area.warn("collector", f"{name}: {detail} Traces and metrics would be lost.", remedy)
                return
        if status in _REFUSED:
            area.warn("collector", f"{name} refuses the credentials.", "Check OTEL_EXPORTER_OTLP_HEADERS.")
        elif status >= 400:
            area.warn("collector", f"{name} answers with status {status}.", "Give the base URL of OTLP over HTTP.")
        else:
            area.ok("collector", "Accepts traces.")


class UpstreamChecks:
    """The upstreams of a service. Connecting spends no quota: no request is sent, where no proxy is in between."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    async def check(self, area: Area) -> None:
        """Connect to each."""
        origins = dict.fromkeys(_upstreams(self._settings))
        await asyncio.gather(*(self._connect(area, *origin) for origin in origins))

    async def _connect(self, area: Area, scheme: str, host: str, port: int) -> None:
        try:
            if _goes_through_a_proxy(scheme, host):
                async with httpx2.AsyncClient(timeout=5.0) as client:
                    await client.head(f"{scheme}://{host}:{port}/")
            else:
                context = ssl.create_default_context() if scheme == "https" else None
                async with asyncio.timeout(5.0):
                    _, writer = await asyncio.open_connection(host, port, ssl=context)
                writer.close()
        except (httpx2.HTTPError, OSError) as error:
            detail, remedy = http_problem(error)
            area.fail("connection", f"{host}:{port}: {detail}", remedy)
        else:
            area.ok("connection", f"{host}:{port} can be reached.")


def _upstreams(settings: ServiceSettings) -> Iterator[tuple[str, str, int]]:
    """Scheme, host and port of the settings with the URL of an upstream."""
    mark = UpstreamUrl.__metadata__[0]  # type: ignore[attr-defined]
    named = {
        name: getattr(settings, name) for name, field in type(settings).model_fields.items() if mark in field.metadata
    }
    for url in getattr(settings, "upstream_urls", named.values()):
        parts = urlsplit(url)
        yield parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _goes_through_a_proxy(scheme: str, host: str) -> bool:
    proxies = getproxies()
    return not is_loopback(host) and bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host)
