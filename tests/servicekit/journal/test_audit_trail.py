"""Every call leaves an entry, a write's in the write's own transaction, and nothing of it can be changed unnoticed."""

import asyncio
import logging
from typing import Any

import asyncpg
import pytest

from devkit.issuer.testing import RunningIssuer
from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.writes_app import EVERYTHING, READ
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, confirmation_in, new_key, text_of, until
from tests.servicekit.conftest import ACCEPT, era_headers, post, request

PUT = {"account_id": "till", "amount": 5}


def outcomes(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["operation"].rpartition(" ")[2], entry["outcome"]) for entry in entries]


async def test_an_entry_for_every_call_however_it_ends(writes: WritesDatabase) -> None:
    key = new_key()
    async with writes.client(caller(READ)) as client:
        await client.call_tool("get_account", {"account_id": "till"})
        await client.call_tool("get_account", {"account_id": "till; DROP"})
        await client.call_tool("get_account", {"account_id": "nowhere"})
        await client.call_tool("deposit", PUT)
    async with writes.client() as client:
        await client.call_tool("deposit", {**PUT, "idempotency_key": key})
        preview = await client.call_tool("withdraw", {**PUT, "idempotency_key": new_key()})
        await client.call_tool(*confirmation_in(preview))
    entries = await writes.audited()
    assert outcomes(entries)[:5] == [
        ("get_account", "ok"),
        ("get_account", "invalid_arguments"),
        ("get_account", "refused"),
        ("deposit", "denied"),
        ("deposit", "ok"),
    ]
    # A write is there at once. What changed nothing is written in batches, before or after it.
    assert sorted(outcomes(entries)[5:]) == [("withdraw", "confirmation_required"), ("withdraw", "ok")]
    deposit, withdrawal = entries[4], next(entry for entry in entries[5:] if entry["outcome"] == "ok")
    assert (deposit["subject"], deposit["client_id"], deposit["tenant"]) == ("ann", "tests", "acme")
    assert deposit["arguments"] == {"account_id": "till", "amount": 5, "idempotency_key": key}
    assert (deposit["idempotency_key"], deposit["way_in"]) == (key, "stdio")
    assert len(withdrawal["consent"]) == 32
    assert all(entry["request_id"] and entry["at"] for entry in entries)
    assert (await writes.verdict()).problems == []


async def test_a_denial_over_http_is_on_the_record(writes: WritesDatabase, issuer: RunningIssuer) -> None:
    with writes.replicas(issuer, 1) as replicas:
        headers = {"Authorization": f"Bearer {replicas.token(scopes=[READ])}", **ACCEPT, **era_headers("tools/call")}
        message = request("tools/call", {"name": "deposit", "arguments": {**PUT, "note": "MARKER"}})
        response = post(f"{replicas.base_urls[0]}/mcp", json=message, headers=headers)
        assert response.status_code == 403
    (entry,) = await writes.audited()
    assert (entry["outcome"], entry["missing_scopes"], entry["subject"]) == ("denied", ["money:write"], "ann")
    assert entry["request_id"] == response.headers["X-Request-ID"]
    assert "MARKER" not in str(entry)


async def test_a_limited_call_is_on_the_record(writes: WritesDatabase) -> None:
    service = writes.service(limit_caller=1)
    async with service.running(), connect(service, ANN) as client:
        for _ in range(2):
            await client.call_tool("get_account", {"account_id": "till"})
    assert outcomes(await writes.audited()) == [("get_account", "ok"), ("get_account", "rate_limited")]


async def test_a_replay_is_not_mistaken_for_a_second_effect(writes: WritesDatabase) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    async with writes.client() as client:
        for _ in range(2):
            await client.call_tool("deposit", arguments)
        actions = (await client.call_tool(writes.own_tool("list_my_actions"), {})).structured_content["items"]
    assert [entry.get("replayed") for entry in await writes.audited("entry LIKE '%deposit%'")] == [None, True]
    assert [action["replayed"] for action in actions] == [True, False]


@pytest.mark.parametrize(
    "sabotage",
    [
        "REVOKE INSERT ON {schema}.audit_log FROM accounts_writer",
        "ALTER TABLE {schema}.audit_log RENAME TO elsewhere",
        "ALTER TABLE {schema}.audit_log ADD CHECK (number < 1) NOT VALID",
    ],
)
async def test_a_write_that_cannot_be_audited_does_not_happen(writes: WritesDatabase, sabotage: str) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    await writes.rows(sabotage)
    async with writes.client() as client:
        result = await client.call_tool("deposit", arguments)
        assert result.is_error
        assert "audit" not in text_of(result)
        assert not (await client.call_tool("get_account", {"account_id": "till"})).is_error  # reads go on
    assert (await writes.balance(), await writes.rows("TABLE {schema}.write_journal")) == (1000, [])


async def test_the_trail_continues_after_a_failed_write(
    writes: WritesDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="servicekit")
    await writes.rows("REVOKE INSERT ON {schema}.audit_log FROM accounts_writer")
    async with writes.client() as client:
        await client.call_tool("get_account", {"account_id": "till"})
        await until(lambda: _true("audit entries not written" in caplog.text))
        await writes.rows("GRANT INSERT ON {schema}.audit_log TO accounts_writer")
        await client.call_tool("get_account", {"account_id": "safe"})

        async def both_are_there() -> bool:
            return len(await writes.audited()) == 2

        await until(both_are_there)
    assert [entry["arguments"]["account_id"] for entry in await writes.audited()] == ["till", "safe"]
    assert (await writes.verdict()).problems == []


async def _true(value: bool) -> bool:
    return value


async def test_a_stop_writes_down_what_waits_in_order(writes: WritesDatabase) -> None:
    service = writes.service()
    async with service.running():
        for amount in range(1, 301):
            arguments = {"account_id": "till", "amount": amount, "x": 1}
            await call(service.pipeline, service.registry.tools["deposit"], arguments, ANN, RequestInfo(str(amount)))
            if amount % 20 == 0:
                await asyncio.sleep(0.02)
    assert [entry["request_id"] for entry in await writes.audited()] == [str(number) for number in range(1, 301)]


async def test_a_cut_end_shows_in_the_head(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        for _ in range(3):
            await client.call_tool("deposit", {**PUT, "idempotency_key": new_key()})
    noted = (await writes.verdict()).heads
    await writes.rows("DELETE FROM {schema}.audit_log WHERE number = 3")
    assert (await writes.verdict()).heads != noted


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts.audit_log SET entry = ''",
        "DELETE FROM accounts.audit_log",
        "TRUNCATE accounts.audit_log",
        "DELETE FROM accounts.audit_cuts",
        "INSERT INTO accounts.audit_cuts VALUES ('acme', 'acme/2020-01/0', 1, '', now(), '')",
        "CREATE TABLE accounts.mine PARTITION OF accounts.audit_log FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')",
        "DELETE FROM accounts.used_consents",
        "UPDATE accounts.write_journal SET key = ''",
        "ALTER TABLE accounts.audit_log DISABLE ROW LEVEL SECURITY",
        "DROP TABLE accounts.audit_log",
    ],
)
async def test_the_role_that_serves_calls_may_not_rewrite_history(writes: WritesDatabase, statement: str) -> None:
    writer = await asyncpg.connect(writes.urls.writer)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await writer.execute(statement)
    finally:
        await writer.close()


async def test_tenants_have_separate_hash_chains(writes: WritesDatabase) -> None:
    bob = caller(*EVERYTHING, tenant="globex")
    async with writes.client() as ann, writes.client() as other, writes.client(bob) as globex:
        await asyncio.gather(
            *(
                client.call_tool("deposit", {**PUT, "idempotency_key": new_key()})
                for client in (ann, other, globex)
                for _ in range(20)
            )
        )
    verdict = await writes.verdict()
    assert (verdict.entries, verdict.problems) == (60, [])
    assert {chain.split("/")[0] for chain in verdict.heads} == {"acme", "globex"}
