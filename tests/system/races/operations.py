"""What a caller does in an interleaving: one tool on the scene's order or stock, with arguments that a seed draws."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .scenes import LINES, LOCATIONS, ON_HAND, TOTAL, Scene


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


def _refund_lines(scene: Scene, luck: random.Random) -> Operation:
    back = {"restock": luck.choice(LOCATIONS)} if scene.shipment and luck.random() < 0.5 else {}
    return Operation(
        "issue_refund", {"order_id": str(scene.order), "reason": "wrong_item", "lines": _lines(scene, luck), **back}
    )


def _lines(scene: Scene, luck: random.Random) -> list[dict[str, Any]]:
    """Some pieces of one or two products."""
    chosen = luck.sample(list(zip(scene.skus, LINES, strict=True)), luck.choice((1, 1, 2)))
    return [{"sku": sku, "quantity": luck.randint(1, quantity)} for sku, (quantity, _) in chosen]


def _approve(scene: Scene, _: random.Random) -> Operation:
    return Operation("approve_refund", {"refund_id": str(scene.request or scene.order)})


def _decline(scene: Scene, _: random.Random) -> Operation:
    return Operation("decline_refund", {"refund_id": str(scene.request or scene.order), "reason": "Not damaged"})


def _cancel(scene: Scene, _: random.Random) -> Operation:
    return Operation("cancel_order", {"order_id": str(scene.order), "reason": "Ordered twice"})


def _ship(scene: Scene, _: random.Random) -> Operation:
    return Operation("create_shipment", {"order_id": str(scene.order), "carrier": "DHL"})


def _ship_part(scene: Scene, luck: random.Random) -> Operation:
    parcel = {"order_id": str(scene.order), "carrier": "UPS", "lines": _lines(scene, luck)}
    return Operation("create_shipment", parcel | ({"location": luck.choice(LOCATIONS)} if luck.random() < 0.5 else {}))


def _replace(scene: Scene, luck: random.Random) -> Operation:
    parcel = {"order_id": str(scene.order), "carrier": "DHL", "replaces": str(scene.shipment)}
    parcel |= {"location": luck.choice(LOCATIONS)} if luck.random() < 0.8 else {}
    return Operation("create_shipment", parcel | ({"lines": _lines(scene, luck)} if luck.random() < 0.5 else {}))


def _return(scene: Scene, luck: random.Random) -> Operation:
    lines = {"lines": _lines(scene, luck)} if luck.random() < 0.7 else {}
    return Operation("request_return", {"order_id": str(scene.order), "reason": "changed_mind", **lines})


def _step(scene: Scene, luck: random.Random) -> Operation:
    status = luck.choice(("received", "inspected", "refunded", "refunded", "restocked", "restocked", "rejected"))
    where: dict[str, Any] = {"location": luck.choice(LOCATIONS)} if status == "restocked" else {}
    if status == "inspected":  # the scene's return is of damaged pieces
        where = {"lines": [{"sku": sku, "damaged": luck.randint(0, 1)} for sku in (scene.skus[0], scene.skus[-1])]}
    return Operation("update_return", {"return_id": str(scene.returned or scene.order), "status": status, **where})


def _place(scene: Scene, _: random.Random) -> Operation:
    return Operation("place_order", {"order_id": str(scene.order)})


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
            "sku": luck.choice((scene.skus[0], *scene.skus)),
            "location": luck.choice(LOCATIONS),
            "change": change,
            "reason": "received" if change > 0 else "sold",
        },
    )


def _transfer(scene: Scene, luck: random.Random) -> Operation:
    source, target = luck.sample(LOCATIONS, 2)
    return Operation(
        "transfer_stock",
        {
            "sku": luck.choice((scene.skus[0], *scene.skus)),
            "from_location": source,
            "to_location": target,
            "quantity": luck.choice((1, 2, ON_HAND)),
        },
    )


OPERATIONS: Final[Mapping[str, tuple[Draw, ...]]] = {
    "draft": (_cancel, _address, _adjust, _adjust, _place, _place, _place, _transfer, _transfer),
    "pending": (_cancel, _ship, _refund, _address),
    "paid": (
        *(_cancel, _ship, _ship_part, _ship_part, _refund, _refund_lines, _approve),
        *(_address, _adjust, _transfer),
    ),
    "shipped": (_refund, _refund_lines, _track, _track, _cancel, _ship, _replace, _return, _approve, _decline),
    "lost": (_refund, _refund_lines, _track, _replace, _replace, _replace, _return, _approve, _transfer),
    "delivered": (_refund, _refund, _refund_lines, _track, _cancel, _return, _return, _replace, _approve, _decline),
    "returning": (_step, _step, _step, _step, _refund, _refund_lines, _return, _approve, _track),
    "long delivered": (_refund, _refund_lines, _approve, _approve, _decline, _track),
}
"""By the state of the order, those that make sense or that a caller tries too late."""


def drawn(scene: Scene, luck: random.Random) -> list[list[Operation]]:
    """The operations of each actor, in order: two to four actors."""
    draws = OPERATIONS[scene.state]
    return [
        [luck.choice(draws)(scene, luck) for _ in range(luck.choice((1, 1, 2)))]
        for _ in range(luck.choice((2, 2, 3, 4)))
    ]
