"""A backup is taken, Postgres is destroyed, and the database is restored: with the scripts of deploy/backup.

The server and its commands are real programs, and so is Postgres, whose data folder is deleted in between.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import pytest

from devkit.loopback.ports import LOOPBACK, free_port
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.stores.binaries import find_postgres
from devkit.stores.databases import ROLES, DatabaseUrls, bootstrap
from devkit.stores.postgres import Postgres
from devkit.stores.running import running
from tests.fixtures.api_keys import Keys
from tests.fixtures.calls import call
from tests.fixtures.databases import connected
from tests.fixtures.served import client_of, served

pytestmark = pytest.mark.slow
PASSWORD = "backup"
SCRIPTS = WORKSPACE / "deploy" / "backup"


@dataclass
class Site:
    """A Postgres server, and the orders server on it."""

    folder: Path
    port: int
    key: str
    urls: DatabaseUrls
    environment: Mapping[str, str]

    def postgres(self, cluster: str) -> Postgres:
        return Postgres(self.folder / cluster, self.port, PASSWORD, durable=False)

    def orders(self, *arguments: str, status: int = 0) -> str:
        """Run a command of the server; its output."""
        program = [sys.executable, "-m", "orders_mcp", *arguments]
        done = subprocess.run(program, env=self.environment, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def serving(self, log: str) -> Iterator[str]:
        port = int(self.environment["ORDERS_PORT"])
        with served([sys.executable, "-m", "orders_mcp", "serve"], self.environment, port, self.folder / log) as url:
            yield url

    def script(self, name: str, *arguments: str, user: str = "postgres", status: int = 0, **more: str) -> str:
        """Run a script of deploy/backup as a role of Postgres; its output."""
        tools = find_postgres(DevkitSettings())
        environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PGHOST": LOOPBACK,
            "PGPORT": str(self.port),
            "PGUSER": user,
            "PGPASSWORD": PASSWORD,
            **more,
        }
        done = subprocess.run(
            [SCRIPTS / name, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def site(tmp_path: Path) -> Site:
    port, postgres = free_port(), free_port()
    keys = Keys(tmp_path / "keys.yaml", ["orders:read", "orders:write"])
    address = f"{LOOPBACK}:{postgres}/orders"
    urls = DatabaseUrls(**{role: f"postgresql://orders_{role}:{PASSWORD}@{address}" for role in ROLES})
    environment = {
        **os.environ,
        "ORDERS_PORT": str(port),
        "ORDERS_PUBLIC_URL": f"http://localhost:{port}/mcp",
        "ORDERS_API_KEYS_FILE": str(keys.path),
        "ORDERS_AUDIT_ANCHOR_KEYS": "YmFja3VwLWJhY2t1cC1iYWNrdXAtYmFja3VwLWJhY2s=",
        "ORDERS_OWNER_URL": urls.owner,
        "ORDERS_READER_URL": urls.reader,
        "ORDERS_WRITER_URL": urls.writer,
    }
    return Site(tmp_path, postgres, keys.add(), urls, environment)


async def prepare(site: Site) -> None:
    """The roles of the server, and the one that takes backups."""
    admin = site.postgres("first").admin_url
    await bootstrap(admin, "orders", password_of=lambda _role: PASSWORD)
    async with connected(f"{admin}/orders") as connection:
        await connection.execute(f"CREATE ROLE backup LOGIN BYPASSRLS PASSWORD '{PASSWORD}'")
        await connection.execute("GRANT pg_read_all_data TO backup")
        await connection.execute("GRANT CONNECT ON DATABASE orders TO backup")


async def drafted(site: Site, url: str, quantity: int) -> str:
    """A new order, by a client of the server; its id."""
    async with client_of(url, site.key) as client:
        customer = (await call(client, "search_orders", limit=1))["items"][0]["customer_id"]
        line = {"sku": "LMP-0001", "quantity": quantity}
        order: dict[str, Any] = await call(client, "create_draft_order", customer_id=customer, items=[line])
    return str(order["order_id"])


async def is_found(site: Site, url: str, order: str) -> bool:
    async with client_of(url, site.key) as client:
        return not (await client.call_tool("get_order", {"order_id": order})).is_error


async def tenants_of(url: str, tenant: str | None) -> set[str]:
    """The tenants whose orders a connection sees that acts for one tenant, or for none."""
    async with connected(url, tenant) as connection:
        rows = await connection.fetch("SELECT DISTINCT tenant_id FROM orders.orders")
    return {row["tenant_id"] for row in rows}


async def databases(admin: str) -> set[str]:
    async with connected(f"{admin}/postgres") as connection:
        return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}


def with_cut_dump(backup: Path, folder: Path) -> Path:
    """A copy of a backup that was written with an incomplete dump."""
    copied = Path(shutil.copytree(backup, folder / "cut"))
    dump = copied / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-100])
    sums = [f"{sha256((copied / name).read_bytes()).hexdigest()}  {name}\n" for name in ("database.dump", "roles")]
    (copied / "SHA256SUMS").write_text("".join(sums))
    return copied


def back_up(site: Site) -> Path:
    """Refused for a role that misses rows; a backup that only its owner can read, and that replaces no database."""
    folder = site.folder / "backups"
    assert "Give it BYPASSRLS" in site.script("backup.sh", "orders", str(folder), user="orders_owner", status=1)
    assert not list(folder.glob("*"))
    backup = Path(site.script("backup.sh", "orders", str(folder), user="backup").strip())
    assert backup.stat().st_mode & 0o077 == 0
    said = site.script("restore.sh", "orders", str(backup), status=1)
    assert "ALTER DATABASE orders RENAME TO orders_damaged" in said
    return backup


def restore(site: Site, backup: Path, admin: str) -> None:
    """Refused where the backup is another one or was changed; a restore that fails leaves no half database."""
    assert "a backup of the database orders" in site.script("restore.sh", "ticketing", str(backup), status=1)
    cut = with_cut_dump(backup, site.folder)
    assert "is removed again" in site.script("restore.sh", "orders", str(cut), status=1)
    assert "orders" not in anyio.run(databases, admin)
    (cut / "roles").write_text("LOGIN intruder\n")
    assert "is not as backup.sh wrote it" in site.script("restore.sh", "orders", str(cut), status=1)
    passwords = {f"{role.upper()}_PASSWORD": PASSWORD for role in ROLES}
    site.script("restore.sh", "orders", str(backup), **passwords)


def test_a_destroyed_database_is_restored(site: Site) -> None:
    whole, until = site.folder / "server.log", site.folder / "until-the-backup.log"
    with running(site.postgres("first")):
        anyio.run(prepare, site)
        site.orders("migrate")
        site.orders("seed", "--size", "200")
        with site.serving("server.log") as url:
            kept = anyio.run(drafted, site, url, 1)
            backup = back_up(site)
            shutil.copy(whole, until)
            lost = anyio.run(drafted, site, url, 2)

    second = site.postgres("second")
    with running(second):
        restore(site, backup, second.admin_url)
        site.orders("migrate")
        site.orders("check", "--owner")
        site.orders("check")
        assert "all unchanged" in site.orders("audit", "verify", "--anchors", str(until))
        assert "BROKEN" in site.orders("audit", "verify", "--anchors", str(whole), status=1)
        with site.serving("restored.log") as url:
            assert anyio.run(is_found, site, url, kept)
            assert not anyio.run(is_found, site, url, lost)
            assert anyio.run(drafted, site, url, 2)
        assert anyio.run(tenants_of, site.urls.reader, None) == set()
        assert anyio.run(tenants_of, site.urls.owner, "acme") == {"acme"}
        assert anyio.run(tenants_of, site.urls.reader, "globex") == {"globex"}
