"""Stock adjustments: the ledger adds up and reserved pieces stay."""

import random
from itertools import accumulate
from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.adjustments import MAX_ON_HAND
from tests.fixtures.calls import call, confirmed, preview, refusal
from tests.fixtures.databases import owner_of

from .scene import CLERK, stock_of

SHELF = {"sku": "LMP-0001", "location": "ams-1"}


async def shelf(client: Client) -> dict[str, Any]:
    product = await stock_of(client, SHELF["sku"])
    found: dict[str, Any] = next(one for one in product["locations"] if one["location"] == SHELF["location"])
    return found


async def test_adjustment_matches_its_preview(clerk: Client, own: DatabaseUrls) -> None:
    before = await shelf(clerk)
    asked = {**SHELF, "change": 25, "reason": "received", "note": "Pallet 7"}
    shown, code = await preview(clerk, "adjust_inventory", **asked)
    assert await shelf(clerk) == before, "a preview changes nothing"
    assert (shown["on_hand_before"], shown["on_hand_after"], shown["version"]) == (
        before["on_hand"],
        before["on_hand"] + 25,
        before["version"],
    )
    for words in ("LMP-0001", "ams-1", "+25", "received", f"from {before['on_hand']} to {before['on_hand'] + 25}"):
        assert words in shown["effect"]
    assert shown["shown"]["note"] == "Pallet 7"
    result = await call(clerk, "orders_confirm_action", code=code)
    after = await shelf(clerk)
    assert after in result["locations"]
    assert (after["on_hand"], after["version"], after["reserved"]) == (
        shown["on_hand_after"],
        before["version"] + 1,
        before["reserved"],
    )
    async with owner_of(own) as connection:
        last = await connection.fetchrow(
            "SELECT change, balance, reason, note, made_by FROM orders.inventory_adjustments "
            "WHERE sku = 'LMP-0001' AND location = 'ams-1' ORDER BY sequence DESC LIMIT 1"
        )
    assert tuple(last) == (25, after["on_hand"], "received", "Pallet 7", CLERK.subject)


@pytest.mark.parametrize("seed", [1, 2])
async def test_ledger_adds_up_after_random_adjustments(clerk: Client, own: DatabaseUrls, seed: int) -> None:
    draws = random.Random(seed)
    done = 0
    for _ in range(25):
        now = await shelf(clerk)
        change = draws.choice((1, -1, -1)) * draws.randint(1, now["on_hand"] + 20)
        asked = {**SHELF, "change": change, "reason": "counted"}
        if now["on_hand"] + change < now["reserved"]:
            text = await refusal(clerk, "adjust_inventory", **asked, idempotency_key=str(uuid4()))
            assert f"Only {now['available']} pieces of LMP-0001 in ams-1 can be removed" in text
            assert await shelf(clerk) == now
        else:
            await confirmed(clerk, "adjust_inventory", **asked)
            done += 1
            assert (await shelf(clerk))["on_hand"] == now["on_hand"] + change
    assert 0 < done < 25
    async with owner_of(own) as connection:
        ledger = await connection.fetch(
            "SELECT sequence, change, balance FROM orders.inventory_adjustments "
            "WHERE sku = 'LMP-0001' AND location = 'ams-1' ORDER BY sequence"
        )
    assert [row["sequence"] for row in ledger] == list(range(1, len(ledger) + 1))
    assert [row["balance"] for row in ledger] == list(accumulate(row["change"] for row in ledger))
    assert ledger[-1]["balance"] == (await shelf(clerk))["on_hand"]


async def test_only_available_pieces_can_be_removed(clerk: Client) -> None:
    before = await shelf(clerk)
    asked = {**SHELF, "reason": "damaged"}
    text = await refusal(
        clerk, "adjust_inventory", **asked, change=-before["available"] - 1, idempotency_key=str(uuid4())
    )
    assert f"{before['reserved']} reserved. Remove that many or fewer." in text
    await confirmed(clerk, "adjust_inventory", **asked, change=-before["available"])
    assert (await shelf(clerk))["available"] == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"change": 0}, "change is 0."),
        ({"change": -1, "reason": "received"}, "With reason=received, change must be positive."),
        ({"change": -1, "reason": "returned"}, "With reason=returned, change must be positive."),
        ({"change": 1, "reason": "damaged"}, "With reason=damaged, change must be negative."),
        ({"change": 1, "reason": "sold"}, "With reason=sold, change must be negative."),
        ({"reason": "opening"}, "reason"),
        ({"change": 1_000_001}, "change"),
        ({"change": "5"}, "change"),
        ({"sku": "XYZ-0001"}, "There is no product `XYZ-0001`"),
        ({"location": "xyz-9"}, "`xyz-9` (location). Nearest: ams-1, cmh-1, cmh-2, sin-1."),
        ({"note": "x" * 1001}, "note"),
    ],
)
async def test_invalid_adjustments_are_refused(refused_clerk: Client, changes: dict[str, Any], words: str) -> None:
    before = await shelf(refused_clerk)
    asked = {**SHELF, "change": 5, "reason": "counted", "idempotency_key": str(uuid4()), **changes}
    assert words in await refusal(refused_clerk, "adjust_inventory", **asked)
    assert await shelf(refused_clerk) == before


async def test_stock_has_an_upper_limit(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        await connection.execute(
            "UPDATE orders.inventory SET on_hand = $1 WHERE sku = 'LMP-0001' AND location = 'ams-1'", MAX_ON_HAND
        )
    asked = {**SHELF, "change": 1, "reason": "received", "idempotency_key": str(uuid4())}
    assert f"more than {MAX_ON_HAND} pieces" in await refusal(clerk, "adjust_inventory", **asked)
