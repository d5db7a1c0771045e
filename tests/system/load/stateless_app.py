"""A service for these tests that depends on nothing: calls of any length, and something to listen to."""

import asyncio
from typing import Annotated, Any

from pydantic import Field

from servicekit.core.caller import current_tenant
from servicekit.core.identity import ServerIdentity
from servicekit.registry.resources import resource
from servicekit.registry.tools import read
from servicekit.schema.argument_types import Identifier
from servicekit.server.run import serve_http
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.change_feed.feed import ChangeFeed

READ = "calls:read"
UNLIMITED = dict.fromkeys(("limit_server", "limit_caller", "limit_tool", "limit_address"), 1_000_000)


class SlowTools:
    """One method is one tool."""

    async def hold(self, seconds: Annotated[float, Field(ge=0, le=60)]) -> str:
        """Take so long."""
        await asyncio.sleep(seconds)
        return f"Held for {current_tenant()}."

    async def crate(self, number: Annotated[str, Identifier("a number such as 12", "12", pattern="[0-9]{1,6}")]) -> str:
        """One crate."""
        return f"Crate {number}."


def stateless_app(settings: dict[str, Any]) -> Service:
    """The service."""
    rows = SlowTools()
    return Service(
        settings=ServiceSettings(**{**UNLIMITED, "state_keys": "stateless-" * 4, **settings}),
        identity=ServerIdentity(name="stateless", title="Stateless", version="1.0.0", instructions="Holds calls."),
        change_feed=ChangeFeed("stateless", None),
        tools=[read(rows.hold, scope=READ)],
        resources=[resource("crate://{number}", rows.crate, scope=READ, subscribable=True)],
    )


def serve_stateless(settings: dict[str, Any]) -> None:
    """Run it, until a signal."""
    serve_http(stateless_app(settings))
