"""A role's password is changed while twenty callers call: no call fails, whichever of file and Postgres is first."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.stores.testing import password_of
from tests.system.e2e.victim import serve_service
from tests.system.load.orders_server import OrdersServer, orders_server
from tests.system.load.sizes import size
from tests.system.load.wire import text_of

from .site import Stores

pytestmark = pytest.mark.slow

CALLERS = 20
KINDS = ("file", "link", "command") if size(20) >= 10 else ("link",)  # as Kubernetes mounts a Secret
LATE = 5.0  # seconds between the two halves of a rotation; Kubernetes mounts a changed Secret within about a minute
ROLES = ("reader", "writer")
IDLE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE usename IN ('orders_reader', 'orders_writer') AND state = 'idle'
"""


@dataclass
class Rotation:
    """The server, the files with its passwords, and the callers' replies."""

    site: OrdersServer
    files: dict[str, Path]
    """The file of each role."""
    write_file: Callable[[Path, str], None]
    chance: random.Random
    answers: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """All callers, inside the block. They come one after another, so that pools grow during a rotation."""
        async with asyncio.TaskGroup() as tasks:
            callers = [tasks.create_task(self._call(number)) for number in range(CALLERS)]
            await self.more(20)
            yield
            for caller in callers:
                caller.cancel()

    async def more(self, count: int) -> None:
        """Wait for further replies."""
        enough = self.answers.total() + count
        async with asyncio.timeout(60):
            while self.answers.total() < enough:  # noqa: ASYNC110  # callers only count
                await asyncio.sleep(0.02)

    async def change_file(self, password: str) -> None:
        for file in self.files.values():
            self.write_file(file, password)

    async def change_postgres(self, password: str) -> None:
        for role in ROLES:
            await self.site.rows(f"ALTER ROLE orders_{role} PASSWORD '{password}'")

    async def _call(self, number: int) -> None:
        await asyncio.sleep(number * 0.3)
        wire = self.site.wire("acme", f"caller-{number}")
        order = self.site.orders["acme"][number]
        try:
            while True:
                call = ("get_order", {"order_id": order})
                if number % 4 == 0:
                    call = ("update_order_notes", {"order_id": order, "notes": f"note {self.chance.randrange(10**6)}"})
                status, message = await wire.call(*call)
                failed = status != 200 or "error" in message or message["result"].get("isError")
                self.answers[f"{call[0]}: {text_of(message)}" if failed else "done"] += 1
                await asyncio.sleep(0.02)
        finally:
            wire.cut()


def replace_file(file: Path, text: str) -> None:
    """As an editor or a sidecar does."""
    file.write_text(text)


def swap_link(file: Path, text: str) -> None:
    """As Kubernetes does: a link to another folder takes the place of the old one."""
    folder = file.parent / f"..{random.SystemRandom().getrandbits(32)}"
    folder.mkdir()
    (folder / file.name).write_text(text)
    link = file.parent / f"{folder.name}-link"
    link.symlink_to(folder / file.name)
    link.replace(file)


@pytest.fixture(params=KINDS)
def rotation(
    request: pytest.FixtureRequest, stores: Stores, issuer: RunningIssuer, tmp_path: Path, luck: random.Random
) -> Iterator[Rotation]:
    cluster = stores.postgres()
    files = {role: tmp_path / role for role in ROLES}
    write_file = swap_link if request.param == "link" else replace_file
    for role, file in files.items():
        write_file(file, password_of(f"orders_{role}"))
    if request.param == "command":
        variables = {f"ORDERS_{role.upper()}_PASSWORD_COMMAND": f"cat {file}" for role, file in files.items()}
        variables["ORDERS_PASSWORD_COMMAND_INTERVAL"] = "1"
    else:
        variables = {f"ORDERS_{role.upper()}_PASSWORD_FILE": str(file) for role, file in files.items()}
    with orders_server(cluster.admin_url, issuer, serve_without_passwords, variables) as site:
        yield Rotation(site, files, write_file, luck)


def serve_without_passwords(name: str, settings: dict[str, Any], environment: dict[str, str]) -> None:
    """In the server's process: with these variables, and URLs that have no password."""
    for role in ROLES:
        parts = urlsplit(settings[f"{role}_url"])
        netloc = f"{parts.username}@{parts.hostname}:{parts.port}"
        settings = {**settings, f"{role}_url": parts._replace(netloc=netloc).geturl()}
    os.environ.update(environment)
    serve_service(name, settings)


@pytest.mark.parametrize("first", ["the file", "Postgres"])
async def test_a_rotation_fails_no_call(rotation: Rotation, first: str) -> None:
    halves: list[Callable[[str], Awaitable[None]]] = [rotation.change_file, rotation.change_postgres]
    async with rotation.calling():
        for password in ("second-word", "third-word"):
            for half in halves if first == "the file" else reversed(halves):
                await half(password)
                await asyncio.sleep(LATE)
                await rotation.more(50)
    assert set(rotation.answers) == {"done"}
    print(f"{rotation.answers.total()} calls, {first} first")
    await rotation.site.rows(IDLE)
    async with rotation.calling():  # on new connections
        await rotation.more(100)
    assert set(rotation.answers) == {"done"}
