"""Replies that no longer count are removed after two days. Used consents and the audit trail stay."""

from servicekit.journal.postgres import PostgresJournal
from tests.servicekit.apps.writes_database import WritesDatabase, confirmation_in, new_key

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
