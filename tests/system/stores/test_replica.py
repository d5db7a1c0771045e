"""Reads from a streaming replica: a caller reads its own writes, and the primary serves what the replica cannot."""

import asyncio
import re
from uuid import uuid4

import pytest
from mcp.client import Client

from servicekit.core.caller import acting_as
from servicekit.server.service import Service
from servicekit.storage.postgres.latest_reads import reading_latest
from servicekit.storage.postgres.replica import ReplicatedDatabase
from servicekit.testing.service import connect
from tests.fixtures.calls import call
from tests.services.orders.scene import CLERK

from .replicated import READER, Replicated, replicated, until
from .site import Stores

pytestmark = pytest.mark.slow

HELD = "120s"
"""A delay that no test waits for: what is read on the replica is the old version."""


@pytest.fixture
async def site(stores: Stores) -> Replicated:
    return await replicated(stores)


async def an_order(client: Client) -> str:
    found: str = (await call(client, "search_orders", status="paid", limit=1))["items"][0]["number"]
    return found


async def write(client: Client, order: str, text: str) -> None:
    await call(client, "update_order_notes", order_id=order, notes=text, idempotency_key=str(uuid4()))


async def note_of(client: Client, order: str) -> str:
    return str((await call(client, "get_order", order_id=order)).get("notes"))


def reads_of(service: Service) -> ReplicatedDatabase:
    (reads,) = [part for part in service.components if isinstance(part, ReplicatedDatabase)]
    return reads


async def hold(site: Replicated, delay: str = HELD) -> None:
    """Let the replica show later commits only after a delay."""
    await site.replica.wait_until_received(site.primary)
    await site.replica.configure(recovery_min_apply_delay=delay)

    async def is_held() -> bool:
        return (await site.replica.fetch("SHOW recovery_min_apply_delay"))[0][0] not in ("0", "0ms")

    await until(is_held)


async def test_a_caller_reads_its_own_writes_through_every_process(site: Replicated, valkey_url: str) -> None:
    async with (
        site.clients(redis_url=valkey_url) as (_, clerk, reader),
        site.serving(redis_url=valkey_url) as other,
        connect(other, CLERK) as elsewhere,
    ):
        order = await an_order(clerk)
        before = await note_of(reader, order)
        await hold(site)
        for number in range(10):
            await write(clerk, order, f"version {number}")
            for client in (clerk, elsewhere, clerk):
                assert f"version {number}" in await note_of(client, order)
            assert await note_of(reader, order) == before  # the replica serves who wrote nothing
        actions = await call(elsewhere, "orders_list_my_actions")
        assert any("update_order_notes" in one["operation"] for one in actions["items"])


async def test_a_process_without_a_store_knows_its_own_writes(site: Replicated) -> None:
    async with site.clients() as (_, clerk, reader):
        order = await an_order(clerk)
        before = await note_of(reader, order)
        await hold(site)
        await write(clerk, order, "alone")
        assert "alone" in await note_of(clerk, order)
        assert await note_of(reader, order) == before


async def test_a_replica_that_caught_up_serves_the_writer_again(site: Replicated) -> None:
    async with site.clients() as (service, clerk, _):
        order = await an_order(clerk)
        await hold(site, "4s")
        await write(clerk, order, "soon")
        assert "soon" in await note_of(clerk, order)
        await site.replica.wait_until_received(site.primary)
        reads = reads_of(service)
        site.primary.process.pause()  # only the replica can answer now
        try:
            reads._primary_is_away = False
            assert "soon" in await note_of(clerk, order)
        finally:
            site.primary.process.resume()


async def test_without_the_store_the_primary_serves(site: Replicated, stores: Stores) -> None:
    store = stores.redis()
    async with site.clients(redis_url=store.url, store_outage="fail_open") as (_, clerk, reader):
        order = await an_order(clerk)
        await hold(site)
        store.process.stop()
        await write(clerk, order, "no store")
        assert "no store" in await note_of(clerk, order)
        assert "no store" in await note_of(reader, order)


async def test_a_subscriber_reads_the_announced_change(site: Replicated) -> None:
    async with site.clients() as (service, clerk, reader):
        order = await an_order(clerk)
        await hold(site)
        await write(clerk, order, "announced")
        assert "announced" not in await note_of(reader, order)
        with acting_as(READER), reading_latest():  # as a subscription does before it notifies
            await reads_of(service).fetchval("SELECT 1")
        assert "announced" in await note_of(reader, order)


async def test_reads_go_to_the_primary_while_the_replica_is_away(site: Replicated) -> None:
    async with site.clients() as (service, clerk, _):
        order = await an_order(clerk)
        site.replica.process.kill()
        for _ in range(20):
            await note_of(clerk, order)
        report = await service.health.report()
        assert (report["status"], report["components"]["database"]["parts"]) == (
            "ok",
            {"primary": "ok", "replica": "unavailable"},
        )
        site.replica.process.start()

        async def serves_reads() -> bool:
            await service.health.report()
            return reads_of(service).parts["replica"] == "ok" and not reads_of(service)._is_away

        await until(serves_reads)


async def test_a_replica_that_is_too_late_serves_no_reads(site: Replicated) -> None:
    async with site.clients(replica_max_lag=2) as (service, clerk, reader):
        order = await an_order(clerk)
        await hold(site)
        await write(clerk, order, "late")
        assert "late" not in await note_of(reader, order)

        async def is_late() -> bool:
            return reads_of(service).is_late

        await until(is_late)
        assert "late" in await note_of(reader, order)
        assert "behind" in (await service.health.report())["components"]["database"]["warning"]
        await site.replica.configure(recovery_min_apply_delay="0")

        async def caught_up() -> bool:
            return not reads_of(service).is_late

        await until(caught_up)


async def test_a_replica_promoted_by_mistake_serves_no_reads(site: Replicated) -> None:
    async with site.clients() as (service, clerk, reader):
        order = await an_order(clerk)
        await note_of(reader, order)
        await site.replica.promote()
        for number in range(20):  # before and after it was noticed
            await write(clerk, order, f"after the promotion {number}")
            assert f"after the promotion {number}" in await note_of(clerk, order)

        async def is_noticed() -> bool:
            return reads_of(service).is_promoted

        await until(is_noticed)
        assert "after the promotion 19" in await note_of(reader, order)
        assert "promoted" in (await service.health.report())["components"]["database"]["warning"]


async def test_a_replica_url_that_leads_to_the_primary_is_used(site: Replicated) -> None:
    async with site.clients(replica_url=site.urls.reader) as (service, clerk, reader):
        order = await an_order(clerk)
        await write(clerk, order, "one server")
        assert await reads_of(service)._have_parted() is False
        assert "one server" in await note_of(reader, order)


async def test_a_read_in_the_way_of_the_replay_runs_on_the_primary(
    site: Replicated, caplog: pytest.LogCaptureFixture
) -> None:
    await site.replica.configure(max_standby_streaming_delay="100ms", hot_standby_feedback="off")
    async with site.serving() as service:
        reads = reads_of(service)
        with acting_as(READER):
            await reads.fetchval("SELECT 1")
            slow = asyncio.create_task(reads.fetchval("SELECT count(*) FROM orders.orders, pg_sleep(2)"))
            await asyncio.sleep(0.3)
            await site.primary.fetch("UPDATE orders.orders SET notes = notes", database="orders")
            await site.primary.fetch("VACUUM orders.orders", database="orders")
            assert await slow > 0
    reasons = [getattr(line, "reason", "") for line in caplog.records if getattr(line, "component", "") == "replica"]
    assert [reason.partition(" (")[0] for reason in reasons] == [
        "the replica cancelled a read that was in the way of its replay"
    ]


async def test_reads_are_served_while_the_primary_is_away(site: Replicated) -> None:
    async with site.clients() as (service, clerk, reader):
        order = await an_order(clerk)
        site.primary.process.kill()
        for _ in range(20):
            await note_of(reader, order)
        refused = await clerk.call_tool(
            "update_order_notes", {"order_id": order, "notes": "x", "idempotency_key": str(uuid4())}
        )
        assert re.match(
            r"The writer is not answering at the moment\. Nothing was changed; try", refused.content[0].text
        )
        report = await service.health.report()
        assert (report["status"], report["calls"]) == ("degraded", {"reads": "ok", "writes": "unavailable"})
        site.primary.process.start()

        async def works() -> bool:
            return (await service.health.report())["status"] == "ok"

        await until(works)
        await write(clerk, order, "back")
        assert "back" in await note_of(clerk, order)
