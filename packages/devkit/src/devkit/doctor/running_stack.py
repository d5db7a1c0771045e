"""Checks a running stack from outside, as a client does: health, issuer metadata, token, list of tools, a call."""

import asyncio

import httpx2

from devkit.client.access_token import access_token
from devkit.client.tool_call import call_tool, tool_names
from devkit.doctor.finding import Finding
from devkit.errors import DevkitError
from devkit.loopback.health_check import answers_ok
from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings, inherited_environment
from devkit.simulators.registry import wanted_simulators
from devkit.workspace.services import ServiceDescription, discover

RESTART = "make down; make up # its output has the reason"
METADATA = "/.well-known/oauth-authorization-server"


def check_stack(settings: DevkitSettings) -> list[Finding]:
    """Findings on the stack of this folder, which runs."""
    services = [one.configured(inherited_environment()) for one in discover(settings.workspace)]
    return asyncio.run(_check(settings, services))


async def _check(settings: DevkitSettings, services: list[ServiceDescription]) -> list[Finding]:
    own = {
        "issuer": (settings.issuer_port, "/jwks"),
        "portal": (settings.portal_port, "/api/version"),
        **{f"{one.name}-sim": (one.port_for(settings), "/") for one in wanted_simulators(services)},
    }
    parts = await asyncio.gather(*(_check_part(name, port, path) for name, (port, path) in own.items()))
    issuer = await _check_issuer(settings)
    calls = await asyncio.gather(*(_check_service(settings, service) for service in services))
    return [*parts, issuer, *calls]


async def _check_part(name: str, port: int, path: str) -> Finding:
    if await answers_ok(port, path):
        return Finding("ok", name, f"answers on port {port}")
    return Finding("problem", name, f"{name} does not answer on port {port}.", RESTART)


async def _check_issuer(settings: DevkitSettings) -> Finding:
    """Whether the issuer's metadata names the issuer under which it was found (RFC 8414 section 3.3)."""
    url = f"http://{LOOPBACK}:{settings.issuer_port}"
    try:
        async with httpx2.AsyncClient(timeout=5, trust_env=False) as client:
            metadata = (await client.get(f"{url}{METADATA}")).json()
    except (httpx2.HTTPError, ValueError) as problem:
        return Finding("problem", "metadata", f"{url}{METADATA} cannot be read: {problem!r}.", RESTART)
    named = metadata.get("issuer") if isinstance(metadata, dict) else None
    if named != url:
        return Finding("problem", "metadata", f"The metadata at {url} names the issuer {named}.", RESTART)
    return Finding("ok", "metadata", f"the issuer's metadata names {url}")


async def _check_service(settings: DevkitSettings, service: ServiceDescription) -> Finding:
    """One token, the list of tools, and one call that only reads."""
    name, tool = service.name, f"{service.name}_whoami"
    if not await answers_ok(service.port, "/live"):
        return Finding("problem", name, f"{name} does not answer on port {service.port}.", RESTART)
    if not await answers_ok(service.port, "/ready"):
        return Finding("problem", name, f"{name} runs, but is not ready: see {service.url}/ready.", RESTART)
    try:
        token = access_token(settings, service)
        tools = await tool_names(service, token)
        answer = await call_tool(service, tool, {}, token)
    except DevkitError as problem:
        remedy = "make down; make up # with the same DEVKIT_ISSUER_PORT as this command"
        return Finding("problem", name, str(problem), remedy)
    if answer.is_error:
        return Finding("problem", name, f"{tool} failed: {answer.content}", RESTART)
    return Finding("ok", name, f"ready; {len(tools)} tools listed, {tool} called")
