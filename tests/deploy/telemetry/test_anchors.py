"""The anchors of a running server in its log and at a collector, against attacks on its audit trail in Postgres."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from orders_mcp.app import SCHEMA
from orders_mcp.sample_data.plan import Plan
from servicekit.audit.anchor_keys import AnchorKeys, VerifyKeys
from servicekit.audit.anchor_log import anchors_in_file
from servicekit.audit.hash_chain import GENESIS, entry_hash
from servicekit.cli.audit_verification import Verifying, verify_trail
from servicekit.journal.postgres import audit_trail
from tests.fixtures.databases import seeded

from .collector import Collector
from .server import serving

SECRET = "anchors-" * 5
LOG = f"{SCHEMA}.audit_log"
IN_FIRST = f"(tenant_id, month, lane) = (SELECT tenant_id, month, lane FROM {LOG} ORDER BY 1, 2, 3 LIMIT 1)"


@dataclass
class Trail:
    """The trail of a server that has stopped, its log, and what a superuser may do to the trail."""

    owner: str
    admin: str
    log: Path

    async def run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.admin)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def rewrite(self) -> None:
        """Change an entry and compute the hashes of its chain again."""
        connection = await asyncpg.connect(self.admin)
        try:
            rows = await connection.fetch(f"SELECT * FROM {LOG} WHERE {IN_FIRST} ORDER BY number")
            head = GENESIS
            for row in rows:
                chain = f"{row['tenant_id']}/{row['month']:%Y-%m}/{row['lane']}"
                text = row["entry"].replace('"operation":"', '"operation":"other ')
                own = entry_hash(head, chain, row["number"], text)
                await connection.execute(
                    f"UPDATE {LOG} SET entry = $1, previous = $2, hash = $3 "
                    "WHERE (tenant_id, month, lane, number) = ($4, $5, $6, $7)",
                    *(text, head, own, row["tenant_id"], row["month"], row["lane"], row["number"]),
                )
                head = own
        finally:
            await connection.close()

    async def verified(self, capsys: pytest.CaptureFixture[str], keys: VerifyKeys | None = None) -> tuple[int, str]:
        """Exit status and output of `audit verify --anchors`."""
        verifying = Verifying("orders", keys or AnchorKeys([SECRET]), (self.log,), ())
        status = await verify_trail(lambda: audit_trail(self.owner, SCHEMA), verifying)
        return status, capsys.readouterr().out


@pytest.fixture(scope="module")
def anchored_urls(postgres: PostgresServer) -> DatabaseUrls:
    return seeded(postgres.admin_url, "orders", "anchored_orders", Plan(size=50, seed=1, until=date(2026, 1, 1)))


@pytest.fixture(scope="module")
async def stopped(
    anchored_urls: DatabaseUrls,
    postgres: PostgresServer,
    valkey_url: str,
    issuer: RunningIssuer,
    collector: Collector,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trail:
    """A server that answered 30 calls of two tenants and stopped."""
    log = tmp_path_factory.mktemp("log") / "orders"
    more = {"otlp_endpoint": collector.url, "audit_anchor_keys": SECRET, "audit_anchor_interval": 0.3}
    with serving(anchored_urls, valkey_url, issuer, log, log_level="warning", **more) as server:
        async with server.client() as client:
            for number in range(15):
                await client.call_tool("get_order", {"order_id": str(number)})
        server.token = issuer.mint(f"{server.base_url}/mcp", scopes=("orders:read",), tenant="globex", subject="bob")
        async with server.client() as client:
            for number in range(15):
                await client.call_tool("get_order", {"order_id": str(number)})
        server.stop()
    return Trail(anchored_urls.owner, f"{postgres.admin_url}/{anchored_urls.database}", log)


@pytest.fixture
async def trail(stopped: Trail) -> AsyncIterator[Trail]:
    """The trail, which is put back after the test."""
    await stopped.run(f"CREATE TABLE public.kept AS SELECT * FROM {LOG}")
    yield stopped
    await stopped.run(f"DELETE FROM {LOG}", f"INSERT INTO {LOG} SELECT * FROM public.kept", "DROP TABLE public.kept")


async def test_untouched_trail_matches_its_anchors(trail: Trail, capsys: pytest.CaptureFixture[str]) -> None:
    status, output = await trail.verified(capsys)
    assert status == 0, output
    assert "WARNING" not in output
    assert int(output.splitlines()[-1].split()[0]) >= 30
    public = VerifyKeys([AnchorKeys([SECRET]).public_key])
    assert (await trail.verified(capsys, public))[0] == 0


ATTACKS: dict[str, tuple[str, str]] = {
    "newest five": (
        f"DELETE FROM {LOG} WHERE ctid IN (SELECT ctid FROM {LOG} ORDER BY at DESC LIMIT 5)",
        "missing",
    ),
    "newest of a chain": (
        f"DELETE FROM {LOG} WHERE {IN_FIRST} AND number = (SELECT max(number) FROM {LOG} WHERE {IN_FIRST})",
        "missing",
    ),
    "one chain": (f"DELETE FROM {LOG} WHERE {IN_FIRST}", "the whole chain is missing"),
    "one tenant": (f"DELETE FROM {LOG} WHERE tenant_id = 'globex'", "globex/"),
    "everything": (f"DELETE FROM {LOG}", "the whole chain is missing"),
    "a month": (f"TRUNCATE {LOG}", "the whole chain is missing"),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_deleted_entries_are_named(trail: Trail, capsys: pytest.CaptureFixture[str], attack: str) -> None:
    statement, words = ATTACKS[attack]
    await trail.run(statement)
    status, output = await trail.verified(capsys)
    broken = [line for line in output.splitlines() if line.startswith("BROKEN")]
    assert status == 1
    assert any(words in line for line in broken), output


async def test_rewritten_chain_is_named(trail: Trail, capsys: pytest.CaptureFixture[str]) -> None:
    await trail.rewrite()
    status, output = await trail.verified(capsys)
    assert status == 1
    assert "differs from the hash that was anchored" in output
    assert "does not match" not in output  # the chain alone looks whole


async def test_collector_has_the_anchors_of_the_log(stopped: Trail, collector: Collector) -> None:
    texts = [text for text, _ in anchors_in_file(stopped.log)]
    assert len(texts) > 2
    collector.wait_for(lambda: len(collector.anchors) >= len(texts))
    assert collector.anchors == [f"audit anchor {text}" for text in texts]
    assert json.loads(texts[-1])["final"] is True
