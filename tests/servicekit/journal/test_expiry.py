"""Replies that no longer count are removed after two days. Used consents and the audit trail stay."""

import logging
from functools import partial

import pytest

from servicekit.journal import postgres
from servicekit.journal.postgres import PostgresJournal
from servicekit.testing.service import connect
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, confirmation_in, new_key, until

BACKDATE = "UPDATE {schema}.write_journal SET created_at = created_at - interval '49 hours' WHERE tool = 'deposit'"


async def counted(writes: WritesDatabase, table: str) -> int:
    return int((await writes.rows(f"SELECT count(*) FROM {{schema}}.{table}"))[0][0])


async def test_expired_replies_are_removed_and_what_must_stay_stays(writes: WritesDatabase) -> None:
    service = writes.service()
    assert service.pipeline.writes is not None
    journal = service.pipeline.writes.journal
    assert isinstance(journal, PostgresJournal)
    async with writes.client() as client:
        await client.call_tool("deposit", {"account_id": "till", "amount": 5, "idempotency_key": new_key()})
        asked = {"account_id": "till", "amount": 5, "idempotency_key": new_key()}
        shown = await client.call_tool("withdraw", asked)
        await client.call_tool(*confirmation_in(shown))
        await client.call_tool(confirmation_in(shown)[0], {"code": "A-0000-0000"})
    assert (await counted(writes, "write_journal"), await counted(writes, "used_consents")) == (2, 1)
    entries = await counted(writes, "audit_log")
    assert (await counted(writes, "pending_confirmations"), await counted(writes, "wrong_codes")) == (1, 1)
    await writes.rows(BACKDATE)
    for table in ("pending_confirmations", "wrong_codes"):
        await writes.rows(f"UPDATE {{schema}}.{table} SET created_at = created_at - interval '61 minutes'")
    async with service.running():
        journal.active("acme")
        await journal.delete_expired()
    assert (await counted(writes, "write_journal"), await counted(writes, "used_consents")) == (1, 1)
    assert (await counted(writes, "pending_confirmations"), await counted(writes, "wrong_codes")) == (0, 0)
    assert await counted(writes, "audit_log") == entries


async def test_a_running_server_removes_what_has_expired(
    writes: WritesDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a tenant's wrong codes, without a write of that tenant."""
    monkeypatch.setattr(postgres, "_CLEANUP_INTERVAL", 0.1)

    async def left(table: str, expected: int) -> bool:
        return await counted(writes, table) == expected

    async with writes.client() as client:
        for _ in range(2):
            await client.call_tool("deposit", {"account_id": "till", "amount": 5, "idempotency_key": new_key()})
            await writes.rows(BACKDATE)
        await client.call_tool("deposit", {"account_id": "till", "amount": 5, "idempotency_key": new_key()})
        await until(partial(left, "write_journal", 1))
        await client.call_tool(f"{writes.own_tool('confirm_action')}", {"code": "A-0000-0000"})
        await until(partial(left, "wrong_codes", 1))
        await writes.rows("UPDATE {schema}.wrong_codes SET created_at = created_at - interval '61 minutes'")
        await client.call_tool(f"{writes.own_tool('confirm_action')}", {"code": "A-0000-0001"})
        await until(partial(left, "wrong_codes", 1))
    assert await counted(writes, "write_journal") == 1


async def test_a_failed_removal_is_logged_and_tried_again(
    writes: WritesDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    service = writes.service()
    assert service.pipeline.writes is not None
    journal = service.pipeline.writes.journal
    assert isinstance(journal, PostgresJournal)
    deposit = {"account_id": "till", "amount": 5}
    async with service.running(), connect(service, ANN) as client:
        await client.call_tool("deposit", {**deposit, "idempotency_key": new_key()})
        await writes.rows(BACKDATE)
        await writes.rows("ALTER TABLE {schema}.write_journal RENAME TO hidden")
        with caplog.at_level(logging.WARNING, "servicekit.journal.postgres"):
            await journal.delete_expired()
        await writes.rows("ALTER TABLE {schema}.hidden RENAME TO write_journal")
        assert [record.getMessage() for record in caplog.records] == [
            "dependency unavailable",
            "expired replies not deleted",
        ]
        assert await counted(writes, "write_journal") == 1
        await journal.delete_expired()
    assert await counted(writes, "write_journal") == 0
