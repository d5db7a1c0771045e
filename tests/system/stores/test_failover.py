"""The primary killed, demoted, promoted and full: calls recover within seconds, and no write is lost or doubled."""

import asyncio
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from mcp.client import Client

from tests.fixtures.calls import call, text_of

from .replicated import replicated, until
from .site import Stores

pytestmark = pytest.mark.slow

CALLERS = 10
EVENTS = (
    "SELECT count(*) FROM orders.order_events AS e JOIN orders.orders AS o ON o.id = e.order_id WHERE o.number = $1"
)


async def an_order(client: Client) -> str:
    found: str = (await call(client, "search_orders", status="paid", limit=1))["items"][0]["number"]
    return found


async def write(client: Client, order: str, text: str) -> Any:
    arguments = {"order_id": order, "notes": text, "idempotency_key": str(uuid4())}
    return await client.call_tool("update_order_notes", arguments)


async def test_a_writer_on_a_standby_is_unavailable_and_says_why(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    site = await replicated(stores)
    settings = {"writer_url": site.on_replica(site.urls.writer), "replica_url": None}
    async with site.clients(**settings) as (service, clerk, _):
        order = await an_order(clerk)
        for _ in range(5):
            assert text_of(await write(clerk, order, "x")).startswith("The writer is not answering at the moment.")
        report = await service.health.report()
        assert report["calls"] == {"reads": "ok", "writes": "unavailable"}
        lines = [line for line in caplog.records if line.getMessage() == "dependency unavailable"]
        assert [(line.component, "standby" in line.reason) for line in lines] == [("writer", True)]  # type: ignore[attr-defined]
        assert "WRITER_URL" in lines[0].next_step  # type: ignore[attr-defined]
        await site.replica.promote()
        assert not (await write(clerk, order, "promoted")).is_error


async def test_calls_move_to_the_promoted_standby(stores: Stores) -> None:
    site = await replicated(stores, durable=True)
    settings = {
        "reader_url": site.on_both(site.urls.reader),
        "writer_url": site.on_both(site.urls.writer),
        "replica_url": site.on_both(site.urls.reader),
    }
    async with site.clients(**settings) as (service, clerk, reader):
        order = await an_order(clerk)
        (begun,) = await site.primary.fetch(EVENTS, order, database="orders")
        reads = refused = 0
        ending = asyncio.Event()
        written: list[str] = []

        async def read() -> None:
            nonlocal reads, refused
            while not ending.is_set():
                for attempt in range(2):
                    found = await reader.call_tool("get_order", {"order_id": order})
                    if not found.is_error:
                        reads += 1
                        break
                    refused += attempt
                    await asyncio.sleep(1)

        async def edit() -> None:
            while not ending.is_set():
                text, key = f"edit {len(written)}", str(uuid4())
                arguments = {"order_id": order, "notes": text, "idempotency_key": key}
                while (made := await clerk.call_tool("update_order_notes", arguments)).is_error:
                    assert "ry again" in text_of(made) or "Call again" in text_of(made), text_of(made)
                    await asyncio.sleep(0.2)
                written.append(text)

        tasks = [asyncio.create_task(work()) for work in (*[read] * CALLERS, edit)]
        await until(lambda: _is(len(written) > 10), 60)
        site.primary.process.kill()
        killed = time.monotonic()
        await site.replica.promote()
        before = len(written)
        await until(lambda: _is(len(written) > before + 3), 60)
        seconds = time.monotonic() - killed
        ending.set()
        await asyncio.gather(*tasks)
        print(f"writes went on {seconds:.1f} s after the kill; {reads} reads, {refused} refused after one retry")
        assert refused == 0
        assert seconds < 15
        (ended,) = await site.replica.fetch(EVENTS, order, database="orders")
        assert ended["count"] - begun["count"] == len(written)  # none lost, none doubled
        assert written[-1] in str(await call(clerk, "get_order", order_id=order))
        assert (await service.health.report())["calls"] == {"reads": "ok", "writes": "ok"}


async def fill(url: str, held: list[Any]) -> None:
    """Take every connection that the server has left."""
    with suppress(asyncpg.TooManyConnectionsError):
        while True:
            held.append(await asyncpg.connect(url))


async def _is(value: bool) -> bool:
    return value


async def test_a_server_without_connections_recovers(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    site = await replicated(stores, max_connections="12", superuser_reserved_connections="3", max_wal_senders="3")
    async with site.clients(replica_url=None) as (_, clerk, _reader):
        order = await an_order(clerk)
        held = list[Any]()
        await fill(site.urls.reader, held)
        await site.primary.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'mcp-%'"
        )
        await fill(site.urls.reader, held)
        refused = [await clerk.call_tool("get_order", {"order_id": order}) for _ in range(3)]
        assert any(one.is_error and "not answering" in text_of(one) for one in refused)
        for connection in held:
            await connection.close()

        async def works() -> bool:
            return not (await write(clerk, order, "room again")).is_error

        await until(works)
    assert any("no connection left" in getattr(line, "reason", "") for line in caplog.records)


async def test_a_writer_without_a_right_shows_on_health(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    site = await replicated(stores)
    async with site.clients(replica_url=None) as (service, clerk, _):
        order = await an_order(clerk)
        await site.primary.fetch("REVOKE INSERT ON orders.write_journal FROM orders_writer", database="orders")
        assert (await write(clerk, order, "x")).is_error
        assert (await service.health.report())["calls"] == {"reads": "ok", "writes": "unavailable"}
    assert any("lacks a right" in getattr(line, "reason", "") for line in caplog.records)
