"""What a caller does in an interleaving: one tool on the scene's order or stock, with arguments that a seed draws."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .scenes import LOCATIONS, ON_HAND, TOTAL, Scene


@dataclass(frozen=True)
class Operation:
    """A call."""

    tool: str
    arguments: Mapping[str, Any]


Draw = Callable[[Scene, random.Random], Operation]


def _refund(scene: Scene, luck: random.Random) -> Operation:
    amount = luck.choice((None, None, TOTAL // 2, TOTAL // 3, TOTAL - 100, 1))
    part = {} if amount is None else {"amount_minor": amount}
    return Operation("issue_refund", {"order_id": str(scene.order), "reason": "damaged", **part})


def _cancel(scene: Scene, _: random.Random) -> Operation:
    return Operation("cancel_order", {"order_id": str(scene.order), "reason": "Ordered twice"})


def _ship(scene: Scene, _: random.Random) -> Operation:
    return Operation("create_shipment", {"order_id": str(scene.order), "carrier": "DHL"})


def _track(scene: Scene, luck: random.Random) -> Operation:
    status = luck.choice(("delivered", "lost", "returned"))
    return Operation(
        "update_tracking", {"order_id": str(scene.order), "shipment_id": str(scene.shipment), "status": status}
    )


def _address(scene: Scene, _: random.Random) -> Operation:
    return Operation("update_shipping_address", {"order_id": str(scene.order), "shipping_address": "Short Street 2"})


def _adjust(scene: Scene, luck: random.Random) -> Operation:
    change = luck.choice((-1, -2, -3, -ON_HAND, 2))
    return Operation(
        "adjust_inventory",
        {
            "sku": luck.choice(scene.skus),
            "location": luck.choice(LOCATIONS),
            "change": change,
            "reason": "received" if change > 0 else "sold",
        },
    )


OPERATIONS: Final[Mapping[str, tuple[Draw, ...]]] = {
    "draft": (_cancel, _address, _adjust),
    "pending": (_cancel, _ship, _refund, _address),
    "paid": (_cancel, _ship, _ship, _refund, _refund, _address, _adjust),
    "shipped": (_refund, _refund, _track, _track, _cancel, _ship),
    "delivered": (_refund, _refund, _refund, _track, _cancel),
    "long delivered": (_refund, _refund, _track),
}
"""By the state of the order, those that make sense or that a caller tries too late."""


def drawn(scene: Scene, luck: random.Random) -> list[list[Operation]]:
    """The operations of each actor, in order: two to four actors."""
    draws = OPERATIONS[scene.state]
    return [
        [luck.choice(draws)(scene, luck) for _ in range(luck.choice((1, 1, 2)))]
        for _ in range(luck.choice((2, 2, 3, 4)))
    ]
