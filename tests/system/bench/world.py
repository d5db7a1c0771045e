"""What a run needs beside its servers: stores, issuer, collector, policy file; and how a server is started in it."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from devkit.loopback.ports import free_port
from devkit.stores.testing import postgres_for_tests, valkey_for_tests

from .database import prepare, store_versions
from .ours import SCOPE
from .processes import module, running

OURS: Final = "ours, all on"
CLIENT: Final = "bench"
_POLICY: Final = f"""version: 1
default: {{write: false, max_records: 50}}
clients:
  {CLIENT}: {{write: true, max_records: 1000}}
"""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        label: its name in tables, with its version.
        token: of the caller; None where it asks for none.
        ours: it is the project's.
        tools: the tools that it has.
    """

    label: str
    port: int
    process_id: int
    token: str | None = None
    ours: bool = False
    tools: frozenset[str] = frozenset({"add", "get_account"})


@dataclass(frozen=True)
class World:
    """The stores and services of one run."""

    issuer: RunningIssuer
    redis: str
    owner: str
    writer: str
    sink: str
    folder: Path
    versions: tuple[str, ...]
    """Of the stores."""

    def token(self, port: int, subject: str = "dev") -> str:
        """An access token for our server at a port."""
        return self.issuer.mint(f"http://127.0.0.1:{port}/mcp", scopes=[SCOPE], subject=subject, client_id=CLIENT)

    @contextmanager
    def ours(self, label: str = OURS, program: str = "ours", **options: Any) -> Iterator[Server]:
        """Our server with everything on, except what the options switch off."""
        port = free_port()
        given = {
            "port": port,
            "metrics_port": free_port(),
            "issuer": self.issuer.url,
            "redis": self.redis,
            "writer": self.writer,
            "sink": self.sink,
            "policy_file": str(self.folder / "policy.yaml"),
            "folder": str(self.folder),
            **options,
        }
        with running(module(program), port, given) as process_id:
            yield Server(label, port, process_id, self.token(port), ours=True)


@contextmanager
def world() -> Iterator[World]:
    """Everything, for the length of the block."""
    sink = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        postgres_for_tests() as postgres,
        valkey_for_tests() as redis,
        issuer_in_thread([SCOPE]) as issuer,
        running(module("sink"), sink, {"port": sink}, server=False),
    ):
        (Path(folder) / "policy.yaml").write_text(_POLICY, encoding="utf-8")
        urls = asyncio.run(prepare(postgres.admin_url))
        versions = asyncio.run(store_versions(urls.owner, redis))
        yield World(issuer, redis, urls.owner, urls.writer, f"http://127.0.0.1:{sink}", Path(folder), versions)
