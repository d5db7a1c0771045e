"""Who acts in these tests, and on which GitHub."""

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
from devkit.simulators.github.serving import RunningSimulator
from devkit.simulators.github.world import SIMULATED_TOKEN
from github_mcp.app import build
from github_mcp.settings import GithubSettings
from servicekit.core.caller import Caller
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect

READ, WRITE, MERGE = SCOPES = ("github:read", "github:write", "github:merge")
SITE = {"owner": "acme", "repo": "website"}
BOOK = {"owner": "acme", "repo": "handbook"}
PAYMENTS = {"owner": "acme", "repo": "payments"}


def somebody(*scopes: str, **changes: Any) -> Caller:
    """A caller nobody has seen before: what one test reads is not held against the next."""
    return replace(caller(*(scopes or SCOPES)), subject=changes.pop("subject", secrets.token_hex(4)), **changes)


@dataclass(frozen=True)
class Hub:
    """A simulated GitHub, and servers of it that share a store."""

    running: RunningSimulator
    valkey_url: str
    directory: Path

    @property
    def simulator(self) -> GitHubSimulator:
        """What the upstream is and has."""
        return self.running.simulator

    def settings(self, **changes: Any) -> GithubSettings:
        """Of a replica; each has an audit file of its own."""
        port = self.running.url.rpartition(":")[2]
        values: dict[str, Any] = {
            "public_url": "http://127.0.0.1:8103/mcp",
            "api_url": self.running.url,
            "token": SecretStr(SIMULATED_TOKEN),
            "log_hosts": (f"localhost:{port}",),
            "redis_url": SecretStr(self.valkey_url),
            "state_keys": (SecretStr("s" * 32),),
            "audit_file": self.directory / f"audit-{secrets.token_hex(4)}",
            **dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), 10**6),
            **changes,
        }
        return GithubSettings(**{name: value for name, value in values.items() if value is not None})

    def service(self, **changes: Any) -> Service:
        """A replica that is not started yet."""
        return build(self.settings(**changes))

    @asynccontextmanager
    async def client(self, who: Caller | None = None, *, mode: Any = "auto", **changes: Any) -> AsyncIterator[Client]:
        """The official client, connected in memory to a replica of its own."""
        service = self.service(**changes)
        async with service.running(), connect(service, who or somebody(), mode=mode) as client:
            yield client

    def misbehave(self, kind: str, **details: Any) -> None:
        """Ask the simulator to do something wrong."""
        from devkit.simulators.faults import Fault

        self.simulator.faults.waiting.append(Fault(kind=kind, **details))  # type: ignore[arg-type]

    def requests(self, method: str = "*", path: str = "*") -> int:
        """How many requests came in."""
        return self.simulator.seen.count(method, path)


def plain(text: str) -> str:
    """A fenced text without its marks."""
    found = re.fullmatch(r'<user_content source="\w+">(.*)</user_content>', text, re.DOTALL)
    assert found is not None, text
    return found[1]


def key() -> str:
    """A fresh idempotency key."""
    return secrets.token_urlsafe(16)
