"""What operators count of confirmations, by result."""

import pytest

from servicekit.pipeline import writes as stages
from tests.fixtures.counted import counting
from tests.servicekit.apps.writes_database import WritesDatabase, confirmation_in, new_key

TAKE = {"account_id": "till", "amount": 100}


async def test_a_confirmed_write_is_counted_once(writes: WritesDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = counting(monkeypatch, stages, "confirmations")
    async with writes.client() as client:
        await client.call_tool("deposit", {"account_id": "till", "amount": 5})
        assert counts() == {}
        preview = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
        assert counts() == {}
        await client.call_tool(*confirmation_in(preview))
        again = await client.call_tool(*confirmation_in(preview))
    assert again.is_error
    ((attributes, count),) = counts().items()
    assert (dict(attributes)["result"], count) == ("confirmed", 1)
