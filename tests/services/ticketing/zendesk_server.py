"""The ticketing server on simulated Zendesk accounts, without a database."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mcp.client import Client
from pydantic import SecretStr

from devkit.simulators.faults import Fault
from devkit.simulators.zendesk.world import World
from servicekit.core.caller import Caller
from servicekit.server.service import Service
from servicekit.testing.service import connect
from ticketing_mcp.app import build
from ticketing_mcp.settings import TicketingSettings

from .scene import CLERK
from .zendesk import ZendeskDesks


@dataclass(frozen=True)
class ZendeskServer:
    """Replicas of the server that share a store.

    Attributes:
        folder: for the audit files.
        subject: of every caller; new for each test, so that no write is taken for one of another test.
    """

    desks: ZendeskDesks
    store_url: str
    folder: Path
    subject: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def world(self) -> World:
        """The account of acme."""
        return self.desks.running["acme"].world

    def settings(self, **changes: Any) -> TicketingSettings:
        """Settings of a replica, with its own audit file."""
        values: dict[str, Any] = {
            "public_url": "http://127.0.0.1:8102/mcp",
            "backend": "zendesk",
            "zendesk_file": str(self.desks.file),
            "toolsets": ("all",),
            "redis_url": SecretStr(self.store_url),
            "state_keys": (SecretStr("s" * 32),),
            "audit_file": self.folder / f"audit-{secrets.token_hex(4)}",
            **dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), 10**6),
            **changes,
        }
        return TicketingSettings(**{name: value for name, value in values.items() if value is not None})

    def service(self, **changes: Any) -> Service:
        """A replica, not started."""
        return build(self.settings(**changes))

    @asynccontextmanager
    async def client(self, who: Caller = CLERK, **changes: Any) -> AsyncIterator[Client]:
        """The official client, connected in memory to a new replica."""
        service = self.service(**changes)
        async with service.running(), connect(service, replace(who, subject=self.subject)) as client:
            yield client

    def misbehave(self, kind: str, **details: Any) -> None:
        """Add a fault to the account of acme."""
        self.desks.running["acme"].simulator.faults.pending.append(Fault(kind=kind, **details))  # type: ignore[arg-type]
