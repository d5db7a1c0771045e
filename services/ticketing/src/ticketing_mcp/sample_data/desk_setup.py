"""Service levels, queues, staff and macros of a tenant, independent of the size of the data."""

from typing import Any

from ticketing_mcp.models.queues import Queue
from ticketing_mcp.models.sla import SlaPolicy

_WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_EVERY_DAY = (*_WORKDAYS, "saturday", "sunday")


def _policy(
    identifier: str, name: str, time_zone: str, days: tuple[str, ...], hours: tuple[str, str], scale: int, **more: Any
) -> SlaPolicy:
    targets = (("low", 16, 80), ("normal", 8, 40), ("high", 4, 16), ("urgent", 1, 8))
    return SlaPolicy.model_validate(
        {
            "id": identifier,
            "name": name,
            "time_zone": time_zone,
            "hours": [{"weekday": day, "opens": hours[0], "closes": hours[1]} for day in days],
            "holidays": more.get("holidays", []),
            "targets": [
                {"priority": priority, "first_reply_minutes": first * scale, "resolution_minutes": whole * scale}
                for priority, first, whole in targets
            ],
        }
    )


POLICIES = (
    _policy(
        "office-berlin",
        "Office hours, Berlin",
        "Europe/Berlin",
        _WORKDAYS,
        ("09:00", "17:30"),
        60,
        holidays=["2025-10-03", "2025-12-25", "2025-12-26", "2026-01-01", "2026-05-01", "2026-10-03", "2026-12-25"],
    ),
    _policy("office-newyork", "Office hours, New York", "America/New_York", _WORKDAYS, ("08:00", "18:00"), 60),
    _policy("always", "Around the clock", "Etc/UTC", _EVERY_DAY, ("00:00", "24:00"), 30),
)

QUEUES = (
    Queue(
        id="it-support",
        name="IT support",
        purpose="Laptops, printers, network, passwords and programs of colleagues.",
        sla_policy_id="office-berlin",
        default_priority="normal",
    ),
    Queue(
        id="billing",
        name="Billing",
        purpose="Invoices, payments, refunds and tax.",
        sla_policy_id="office-newyork",
        default_priority="normal",
    ),
    Queue(
        id="shipping",
        name="Shipping",
        purpose="Parcels: late, lost, damaged or wrong.",
        sla_policy_id="office-newyork",
        default_priority="normal",
    ),
    Queue(
        id="accounts",
        name="Accounts",
        purpose="Signing in, permissions, personal data.",
        sla_policy_id="always",
        default_priority="high",
    ),
    Queue(
        id="operations",
        name="Operations",
        purpose="Outages, errors and slowness of what customers use.",
        sla_policy_id="always",
        default_priority="urgent",
    ),
)

STAFF = (
    ("ada.lind", "Ada Lind", ("it-support", "operations")),
    ("ben.okafor", "Ben Okafor", ("it-support", "accounts")),
    ("carla.rossi", "Carla Rossi", ("billing",)),
    ("dev.patel", "Dev Patel", ("billing", "shipping")),
    ("elif.demir", "Elif Demir", ("shipping",)),
    ("farid.haddad", "Farid Haddad", ("accounts", "operations")),
    ("grace.kim", "Grace Kim", ("operations",)),
    ("hana.novak", "Hana Novák", ("it-support", "shipping")),
    ("ivan.petrov", "Ivan Petrov", ("accounts", "billing")),
    ("jo.smith", "Jo Smith", ("operations", "shipping")),
)

TIME_ZONES = ("Europe/Berlin", "America/New_York")
"""Of the tenants, in their order."""

MACROS = (
    (
        "ask-for-details",
        "Ask for details",
        (
            "Hello {requester_name},\n\nthank you for {ticket_id}. To find out more we need: what you did, and what "
            "happened instead. A picture of the screen helps.\n"
        ),
    ),
    (
        "reset-password",
        "Reset a password",
        (
            "Hello {requester_name},\n\nplease open the sign-in page, choose “Forgot password”, and follow the message "
            "that you receive. Support staff never ask for your password.\n"
        ),
    ),
    (
        "refund-under-way",
        "Refund under way",
        (
            "Hello {requester_name},\n\nyour refund is under way and takes up to five working days to reach you. "
            "We keep {ticket_id} open until then.\n"
        ),
    ),
    (
        "parcel-search",
        "Search for a parcel",
        (
            "Hello {requester_name},\n\nwe asked the carrier to search for your parcel. It takes up to three days. "
            "You will hear from us on {ticket_id}.\n"
        ),
    ),
    (
        "outage-known",
        "Known outage",
        (
            "Hello {requester_name},\n\nthis is part of an outage that we are working on. {ticket_id} is in the queue "
            "{queue_id}, and we write again when it is over.\n"
        ),
    ),
)


def members_of(queue_id: str) -> list[str]:
    return [identifier for identifier, _, queues in STAFF if queue_id in queues]
