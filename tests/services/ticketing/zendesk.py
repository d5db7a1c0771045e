"""Simulated Zendesk accounts for the tenants acme and globex."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from devkit.simulators.zendesk.seed import set_up
from devkit.simulators.zendesk.testing import RunningSimulator, simulator_in_thread
from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN, World
from ticketing_mcp.adapters.zendesk.api.accounts import ZendeskAccounts

TENANTS = ("acme", "globex")


@dataclass(frozen=True)
class ZendeskDesks:
    """A simulated account for each tenant.

    Attributes:
        file: the server's file of accounts.
    """

    running: dict[str, RunningSimulator]
    file: Path
    accounts: ZendeskAccounts

    def person(self, identifier: str) -> str:
        """The id of a staff member of the sample data, in the account of acme."""
        users = self.running["acme"].world.users.values()
        return next((str(user.id) for user in users if user.external_id == identifier), identifier)


@asynccontextmanager
async def zendesk_desks(fill: Callable[[World], World] = set_up) -> AsyncIterator[ZendeskDesks]:
    """Accounts with the desk setup of the sample data; `fill` adds what else they have."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        running = {
            tenant: stack.enter_context(simulator_in_thread(lambda world: fill(ticking(world)))) for tenant in TENANTS
        }
        file = accounts_file(Path(folder), running)
        accounts = ZendeskAccounts(str(file), None, 10.0)
        await accounts.start()
        yield ZendeskDesks(running, file, accounts)
        await accounts.stop()


def accounts_file(folder: Path, running: dict[str, RunningSimulator]) -> Path:
    """Write the file of accounts, and the file of their token."""
    (folder / "token").write_text(SIMULATED_TOKEN)
    lines = ["tenants:"]
    for tenant, one in running.items():
        lines += [
            f"  {tenant}:",
            f"    development_url: {one.url}",
            f"    email: {SIMULATED_EMAIL}",
            "    token_file: token",
        ]
    file = folder / "zendesk.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


def ticking(world: World) -> World:
    """A clock that is a second later at each look, since times at Zendesk are whole seconds."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

    def now() -> datetime:
        nonlocal at
        at += timedelta(seconds=1)
        return at

    world.now = now
    return world
