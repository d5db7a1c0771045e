"""The interleavings find what they look for: a lock that is missing, and each broken rule."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters import order_updates, stock_writer

from .interleavings import races

_SEED, _MOST = 19, 300
_UNLOCKED_ORDERS: Final = {key: text.removesuffix(" FOR UPDATE") for key, text in order_updates.LOCK.items()}
_UNLOCKED_STOCK: Final = stock_writer.LOCK.replace(" FOR UPDATE", "")
_MUTANTS: Final[Mapping[str, tuple[Any, str, Any, str | None]]] = {
    "an order without its lock": (order_updates, "LOCK", _UNLOCKED_ORDERS, None),
    "stock without its lock": (stock_writer, "LOCK", _UNLOCKED_STOCK, "draft"),
}


@pytest.mark.parametrize(("module", "name", "mutant", "state"), _MUTANTS.values(), ids=_MUTANTS.keys())
async def test_a_missing_lock_is_found(
    own: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, mutant: Any, state: str | None
) -> None:
    assert mutant != getattr(module, name)
    monkeypatch.setattr(module, name, mutant)
    async with races(own) as made:
        for number in range(_MOST):
            if (await made.run(_SEED, number, state)).report:
                return
    pytest.fail(f"not found in {_MOST} interleavings")
