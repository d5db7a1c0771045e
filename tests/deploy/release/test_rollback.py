"""A server that was rolled back runs on the schema of the version after it.

The code before the newest migration comes from Git and runs in a process of its own, on a database that the current
code migrated.
"""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client import Client

from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE
from devkit.stores.testing import PostgresServer
from devkit.workspace.services import ServiceDescription, discover
from servicekit.preflight.schema import ServiceSchema
from tests.fixtures.api_keys import Keys
from tests.fixtures.calls import call, confirmed
from tests.fixtures.databases import seeded
from tests.fixtures.served import client_of, served

SERVICES = [service for service in discover(WORKSPACE) if service.database]


async def count_stock(client: Client) -> None:
    async def on_hand() -> int:
        (product,) = (await call(client, "get_inventory", skus=["LMP-0001"]))["products"]
        (place,) = (place for place in product["locations"] if place["location"] == "ams-1")
        count: int = place["on_hand"]
        return count

    assert (await call(client, "search_orders", limit=1))["items"]
    before = await on_hand()
    await confirmed(client, "adjust_inventory", sku="LMP-0001", location="ams-1", change=1, reason="received")
    assert await on_hand() == before + 1


async def close_one(client: Client) -> None:
    (ticket,) = (await call(client, "search_tickets", status="open", limit=1))["items"]
    await confirmed(client, "close_ticket", ticket_id=ticket["id"], resolution="Done.")
    assert (await call(client, "get_ticket", ticket_id=ticket["id"]))["status"] == "closed"


USES: dict[str, Callable[[Client], Any]] = {"orders": count_stock, "ticketing": close_one}


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=WORKSPACE, capture_output=True, check=True).stdout


def code_before(revision: str, service: ServiceDescription, folder: Path) -> None:
    """Put the server and the kit of the last commit without a migration into a folder. Skips without that commit."""
    versions = service.source / f"{service.name}_mcp" / "migrations" / "versions"
    (file,) = versions.glob(f"{revision}_*.py")
    try:
        added = (
            git("log", "--first-parent", "-m", "--no-renames", "--diff-filter=A", "--format=%H", "-1", "--", str(file))
            .decode()
            .strip()
        )
        archive = git("archive", f"{added}^", f"services/{service.name}/src", "packages/servicekit/src")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the whole history of the repository")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_version_before_the_newest_migration_serves_on_its_schema(
    postgres: PostgresServer, valkey_url: str, tmp_path: Path, service: ServiceDescription
) -> None:
    newest, _ = ServiceSchema(f"{service.name}_mcp").revisions()
    assert newest is not None
    code_before(newest, service, tmp_path / "code")
    plan = import_module(f"{service.name}_mcp.sample_data.plan").Plan(150, 7, datetime.now(UTC).date())
    port, prefix = free_port(), service.prefix
    urls = seeded(postgres.admin_url, service.name, f"{service.name}_rollback", plan)
    keys = Keys(tmp_path / "keys.yaml", service.scopes)
    key = keys.add()
    sources = [tmp_path / "code" / part / "src" for part in (f"services/{service.name}", "packages/servicekit")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, sources)),
        f"{prefix}PORT": str(port),
        f"{prefix}PUBLIC_URL": f"http://localhost:{port}/mcp",
        f"{prefix}API_KEYS_FILE": str(keys.path),
        f"{prefix}REDIS_URL": valkey_url,
        f"{prefix}OWNER_URL": urls.owner,
        f"{prefix}READER_URL": urls.reader,
        f"{prefix}WRITER_URL": urls.writer,
    }
    program = [sys.executable, "-m", f"{service.name}_mcp"]
    where = subprocess.check_output(
        [sys.executable, "-c", f"import {service.name}_mcp as m; print(m.__file__)"], env=environment, text=True
    )
    assert where.startswith(str(tmp_path)), "the old code runs"
    migrated = subprocess.run([*program, "migrate"], env=environment, capture_output=True, text=True, check=False)
    assert (migrated.returncode, migrated.stdout) == (0, f"The database is at revision {newest}; nothing to do.\n")

    async def use(url: str) -> None:
        async with client_of(url, key) as client:
            await USES[service.name](client)

    with served([*program, "serve"], environment, port, tmp_path / "log") as url:
        anyio.run(use, url)
