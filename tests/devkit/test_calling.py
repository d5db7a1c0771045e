"""`make call` shows the reason of a server that refuses the call."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devkit.client.tool_call import call_tool
from devkit.errors import DevkitError
from devkit.issuer.testing import RunningIssuer
from devkit.settings import WORKSPACE
from devkit.workspace.composition import compose
from devkit.workspace.services import ServiceDescription, discover
from servicekit.testing.service import serving


@pytest.fixture
def weather(issuer: RunningIssuer, valkey_url: str) -> Iterator[ServiceDescription]:
    """The description of a running weather server."""
    found = next(service for service in discover(WORKSPACE) if service.name == "weather")

    def build(port: int) -> object:
        own = {
            "port": port,
            "public_url": f"http://127.0.0.1:{port}/mcp",
            "issuer": issuer.url,
            "redis_url": valkey_url,
        }
        return compose("weather", own)

    with serving(build) as base_url:
        yield replace(found, port=int(base_url.rpartition(":")[2]))


@pytest.mark.parametrize(
    ("scopes", "reason"),
    [
        (["weather:read"], r"refused the call of forget_location: This needs the scope weather:write"),
        (None, r"refused the call of forget_location: The access token is not valid"),
    ],
)
async def test_refused_call_shows_the_servers_reason(
    weather: ServiceDescription, issuer: RunningIssuer, scopes: list[str] | None, reason: str
) -> None:
    token = issuer.mint(weather.resource, scopes=scopes) if scopes is not None else "no-token"
    with pytest.raises(DevkitError, match=reason):
        await call_tool(weather, "forget_location", {"label": "home"}, token)
