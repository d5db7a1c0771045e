"""`orders-mcp migrate` and `orders-mcp seed`, as an operator runs them."""

import sys
from dataclasses import dataclass

import anyio
import pytest
from pydantic import ValidationError

from devkit.databases import DatabaseUrls
from orders_mcp.settings import OrdersSettings


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


async def run(*arguments: str, **environment: str) -> Finished:
    variables = {"ORDERS_PUBLIC_URL": "http://127.0.0.1:8101/mcp", **environment}
    process = await anyio.run_process([sys.executable, "-m", "orders_mcp", *arguments], env=variables, check=False)
    return Finished(process.returncode, process.stdout.decode(), process.stderr.decode())


def of(urls: DatabaseUrls) -> dict[str, str]:
    return {"ORDERS_OWNER_URL": urls.owner, "ORDERS_READER_URL": urls.reader}


async def test_a_database_is_migrated_and_filled_once(empty: DatabaseUrls) -> None:
    early = await run("seed", "--orders", "10", **of(empty))
    assert (early.returncode, early.stdout) == (1, "")
    assert "Run `orders-mcp migrate` first." in early.stderr
    assert (await run("migrate", **of(empty))).stdout == "Migrated to revision 0002.\n"
    assert (await run("migrate", **of(empty))).stdout == "The database is at revision 0002; nothing to do.\n"
    filled = await run("seed", "--orders", "20", "--until", "2026-01-01", **of(empty))
    assert (filled.returncode, filled.stdout) == (0, "Loaded 20 orders, up to 2025-12-31.\n")
    again = await run("seed", "--orders", "20", **of(empty))
    assert again.returncode == 0
    assert "There is data already" in again.stdout
    assert (await run("seed", "--orders", "30", "--replace", **of(empty))).stdout.startswith("Loaded 30 orders")


@pytest.mark.parametrize("command", ["migrate", "seed"])
async def test_a_missing_owner_is_named(urls: DatabaseUrls, command: str) -> None:
    finished = await run(command, ORDERS_READER_URL=urls.reader)
    assert finished.returncode == 2
    assert "ORDERS_OWNER_URL is required" in finished.stderr


@pytest.mark.parametrize("command", ["migrate", "seed"])
async def test_a_database_that_is_away_is_said_plainly(free_port: int, command: str) -> None:
    url = f"postgresql://orders_owner:hidden-password@127.0.0.1:{free_port}/orders"
    finished = await run(command, ORDERS_OWNER_URL=url, ORDERS_READER_URL=url)
    assert finished.returncode == 1
    assert "cannot be used" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert "hidden-password" not in finished.stderr


@pytest.mark.parametrize("url", ["mysql://a:b@c/d", "postgresql://host/database", "postgresql://role@host", "words"])
def test_a_database_url_is_checked_at_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="postgresql://role:password@host:port/database"):
        OrdersSettings(public_url="http://127.0.0.1:8101/mcp", reader_url=url)  # type: ignore[arg-type]


def test_reads_go_to_the_replica_where_there_is_one() -> None:
    options = {"public_url": "http://127.0.0.1:8101/mcp", "reader_url": "postgresql://reader:secret@primary/orders"}
    assert OrdersSettings(**options).reads_url.endswith("@primary/orders")  # type: ignore[arg-type]
    replica = OrdersSettings(**options, replica_url="postgresql://reader:secret@replica/orders")  # type: ignore[arg-type]
    assert replica.reads_url.endswith("@replica/orders")
    assert "secret" not in repr(replica)
