"""Replies that no longer count are removed after two days. Used consents and the audit trail stay."""

from servicekit.journal.postgres import PostgresJournal
from tests.servicekit.apps.writes_database import Bank, new_key, token_in

BACKDATE = "UPDATE {schema}.write_journal SET created_at = created_at - interval '49 hours' WHERE tool = 'deposit'"


async def counted(bank: Bank, table: str) -> int:
    return int((await bank.rows(f"SELECT count(*) FROM {{schema}}.{table}"))[0][0])


async def test_expired_replies_are_removed_and_what_must_stay_stays(bank: Bank) -> None:
    service = bank.service()
    writes = service.pipeline.writes
    assert writes is not None
    journal = writes.journal
    assert isinstance(journal, PostgresJournal)
    async with bank.client() as client:
        await client.call_tool("deposit", {"account_id": "till", "amount": 5, "idempotency_key": new_key()})
        asked = {"account_id": "till", "amount": 5, "idempotency_key": new_key()}
        shown = await client.call_tool("withdraw", asked)
        await client.call_tool("confirm_action", {"token": token_in(shown)})
    assert (await counted(bank, "write_journal"), await counted(bank, "used_consents")) == (2, 1)
    entries = await counted(bank, "audit_log")
    await bank.rows(BACKDATE)
    async with service.running():
        journal.active("acme")
        await journal.forget_expired()
    assert (await counted(bank, "write_journal"), await counted(bank, "used_consents")) == (1, 1)
    assert await counted(bank, "audit_log") == entries
