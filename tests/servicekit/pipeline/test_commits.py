"""A commit that has begun: neither the deadline nor a client that goes away cuts it. What was cut can be made again."""

import asyncio
import json
from functools import partial
from typing import Any

import asyncpg
import pytest

from tests.servicekit.apps.writes_database import WritesDatabase, text_of, until
from tests.servicekit.conftest import ACCEPT, Era, era_headers, request
from tests.servicekit.http.raw_socket import connected

from .test_outcomes import calls


async def slow_commits(writes: WritesDatabase) -> None:
    await writes.rows("""
        CREATE FUNCTION {schema}.dawdle() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END $$""")
    await writes.rows("""
        CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON {schema}.accounts DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION {schema}.dawdle()""")


async def test_a_commit_is_not_cut_by_the_deadline(writes: WritesDatabase) -> None:
    await slow_commits(writes)
    async with writes.client() as client:
        meta = {"fleet/timeout_ms": 400}
        result = await client.call_tool("deposit", {"account_id": "till", "amount": 5}, meta=meta)
    assert not result.is_error
    assert await writes.balance() == 1005


async def is_committing(writes: WritesDatabase) -> bool:
    return bool(await writes.rows("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COMMIT%'"))


async def was_committed(writes: WritesDatabase, call_log: pytest.LogCaptureFixture) -> None:
    async def over() -> bool:
        return bool(calls(call_log))

    await until(over)
    assert [line["outcome"] for line in calls(call_log)] == ["ok"]
    assert [entry["outcome"] for entry in await writes.audited()] == ["ok"]
    assert await writes.balance() == 1005


async def test_a_commit_is_not_cut_by_a_client_that_hangs_up(
    writes: WritesDatabase, issuer: Any, era: Era, call_log: pytest.LogCaptureFixture
) -> None:
    await slow_commits(writes)
    message = request("tools/call", {"name": "deposit", "arguments": {"account_id": "till", "amount": 5}}, era)
    body = json.dumps(message).encode()
    with writes.replicas(issuer, 1) as site:
        with connected(site.base_urls[0]) as connection:
            headers = {"Authorization": f"Bearer {site.token()}", **ACCEPT, **era_headers("tools/call", "deposit", era)}
            connection.head(**headers, Content_Type="application/json", Content_Length=str(len(body)))
            connection.send(body)
            await until(partial(is_committing, writes))
        await was_committed(writes, call_log)


async def test_a_commit_is_not_cut_by_a_client_that_cancels(
    writes: WritesDatabase, call_log: pytest.LogCaptureFixture
) -> None:
    await slow_commits(writes)
    async with writes.client(mode="legacy") as client:  # the one mode in which memory is a wire, as it is for stdio
        call = asyncio.create_task(client.call_tool("deposit", {"account_id": "till", "amount": 5}))
        await until(partial(is_committing, writes))
        call.cancel()
        await asyncio.wait({call})
        await was_committed(writes, call_log)


async def test_a_connection_lost_in_the_commit_leaves_the_outcome_unknown(writes: WritesDatabase) -> None:
    await slow_commits(writes)
    async with writes.client() as client:
        call = asyncio.create_task(client.call_tool("deposit", {"account_id": "till", "amount": 5}))
        await until(partial(is_committing, writes))
        await writes.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COMMIT%'")
        result = await call
    assert result.is_error
    assert "whether it took effect is unknown" in text_of(result)


async def test_a_connection_lost_before_the_commit_changed_nothing(writes: WritesDatabase) -> None:
    holder = await writer_connection(writes)
    await holder.execute("BEGIN; SELECT 1 FROM accounts.accounts WHERE id = 'till' FOR UPDATE")

    async def is_blocked() -> bool:
        return bool(await writes.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

    async with writes.client() as client:
        call = asyncio.create_task(client.call_tool("deposit", {"account_id": "till", "amount": 5}))
        await until(is_blocked)
        await writes.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        result = await call
        await holder.close()
    assert result.is_error
    assert "Nothing was changed" in text_of(result)
    assert await writes.balance() == 1000


async def test_a_write_that_was_cut_can_be_made_again(writes: WritesDatabase) -> None:
    holder = await writer_connection(writes)
    await holder.execute("BEGIN; SELECT 1 FROM accounts.accounts WHERE id = 'till' FOR UPDATE")
    arguments = {"account_id": "till", "amount": 5, "idempotency_key": "cut-and-made-again"}
    async with writes.client() as client:
        late = await client.call_tool("deposit", arguments, meta={"fleet/timeout_ms": 200})
        await holder.close()
        again = await client.call_tool("deposit", arguments)
    assert text_of(late) == (
        "Not finished within 0.2 s, so it was stopped. Call again with the same arguments and idempotency_key: that "
        "returns the result or does it."
    )
    assert not again.is_error
    assert await writes.balance() == 1005


async def writer_connection(writes: WritesDatabase) -> Any:
    return await asyncpg.connect(f"{writes.admin_url}/{writes.urls.database}")
