"""Callers and simulated GitHubs of these tests."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcp.client import Client
from pydantic import SecretStr

from devkit.simulators.github.app import GitHubSimulator
from devkit.simulators.github.testing import RunningSimulator
from devkit.simulators.github.world import SIMULATED_TOKEN
from github_mcp.app import build
from github_mcp.settings import GithubSettings
from servicekit.core.caller import Caller
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect

READ, WRITE, MERGE, SECURITY = SCOPES = ("github:read", "github:write", "github:merge", "github:security")
SITE = {"owner": "acme", "repo": "website"}
BOOK = {"owner": "acme", "repo": "handbook"}
PAYMENTS = {"owner": "acme", "repo": "payments"}


def new_caller(*scopes: str, **changes: Any) -> Caller:
    """A new caller, so that private readings of one test do not affect another."""
    return replace(caller(*(scopes or SCOPES)), subject=changes.pop("subject", secrets.token_hex(4)), **changes)


@dataclass(frozen=True)
class Hub:
    """A simulated GitHub, and servers on it that share a store."""

    running: RunningSimulator
    valkey_url: str
    directory: Path

    @property
    def simulator(self) -> GitHubSimulator:
        """The simulator itself."""
        return self.running.simulator

    def settings(self, **changes: Any) -> GithubSettings:
        """Settings of a replica, with its own audit file."""
        port = self.running.url.rpartition(":")[2]
        values: dict[str, Any] = {
            "public_url": "http://127.0.0.1:8103/mcp",
            "api_url": self.running.url,
            "token": SecretStr(SIMULATED_TOKEN),
            "toolsets": ("all",),
            "log_hosts": (f"localhost:{port}",),
            "redis_url": SecretStr(self.valkey_url),
            "state_keys": (SecretStr("s" * 32),),
            "audit_file": self.directory / f"audit-{secrets.token_hex(4)}",
            **dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), 10**6),
            **changes,
        }
        return GithubSettings(**{name: value for name, value in values.items() if value is not None})

    def service(self, **changes: Any) -> Service:
        """A replica, not started."""
        return build(self.settings(**changes))

    @asynccontextmanager
    async def client(self, who: Caller | None = None, *, mode: Any = "auto", **changes: Any) -> AsyncIterator[Client]:
        """The official client, connected in memory to a new replica."""
        service = self.service(**changes)
        async with service.running(), connect(service, who or new_caller(), mode=mode) as client:
            yield client

    def misbehave(self, kind: str, **details: Any) -> None:
        """Add a fault to the simulator."""
        from devkit.simulators.faults import Fault

        self.simulator.faults.pending.append(Fault(kind=kind, **details))  # type: ignore[arg-type]

    def requests(self, method: str = "*", path: str = "*") -> int:
        """The number of requests received that match the patterns."""
        return self.simulator.request_log.count(method, path)


def plain(text: str) -> str:
    """A fenced text without its user_content marks."""
    found = re.fullmatch(r'<user_content source="\w+">(.*)</user_content>', text, re.DOTALL)
    assert found is not None, text
    return found[1]


def key() -> str:
    """A fresh idempotency key."""
    return secrets.token_urlsafe(16)
