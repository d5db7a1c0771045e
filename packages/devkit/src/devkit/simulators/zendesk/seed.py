"""The simulator's initial data: the desk of the ticketing server's sample data, with its own tickets.

The names of groups, agents and macros are those of `ticketing_mcp.sample_data.desk_setup`; a test compares them.
"""

from datetime import UTC, date, datetime
from typing import Final

from devkit.simulators.zendesk.records.settings import Macro, Schedule, SlaPolicy, TicketField, TicketForm
from devkit.simulators.zendesk.seed_tickets import write_tickets
from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN, World

BEGINNING: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When the desk was set up."""
SIMULATED_OAUTH_TOKEN: Final = "simulated-oauth-token"  # noqa: S105  # valid only for this simulator
"""The access token of an agent who is no administrator."""

GROUPS: Final = {
    "it-support": ("IT support", "Laptops, printers, network, passwords and programs of colleagues.", "office-berlin"),
    "billing": ("Billing", "Invoices, payments, refunds and tax.", "office-newyork"),
    "shipping": ("Shipping", "Parcels: late, lost, damaged or wrong.", "office-newyork"),
    "accounts": ("Accounts", "Signing in, permissions, personal data.", "always"),
    "operations": ("Operations", "Outages, errors and slowness of what customers use.", "always"),
}
STAFF: Final = (
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
MACROS: Final = (
    (
        "Ask for details",
        (
            "thank you for #{{ticket.id}}. To find out more we need: what you did, and what happened instead. "
            "A picture of the screen helps."
        ),
    ),
    (
        "Reset a password",
        (
            "please open the sign-in page, choose “Forgot password”, and follow the message that you receive. Support "
            "staff never ask for your password."
        ),
    ),
    (
        "Refund under way",
        (
            "your refund is under way and takes up to five working days to reach you. We keep #{{ticket.id}} open "
            "until then."
        ),
    ),
    (
        "Search for a parcel",
        (
            "we asked the carrier to search for your parcel. It takes up to three days. You will hear from us on "
            "#{{ticket.id}}."
        ),
    ),
    (
        "Known outage",
        (
            "this is part of an outage that we are working on. #{{ticket.id}} is in the queue {{ticket.group.name}}, "
            "and we write again when it is over."
        ),
    ),
)
_SYSTEM_FIELDS = (
    ("subject", "Subject"), ("description", "Description"), ("status", "Status"), ("tickettype", "Type"),
    ("priority", "Priority"), ("group", "Group"), ("assignee", "Assignee"),
)  # fmt: skip
_PRODUCTS = ("Laptop", "Printer", "Docking station", "Phone")
_SCHEDULES = (
    ("office-berlin", "Office hours, Berlin", "Europe/Berlin", "Berlin", (9 * 60, 17 * 60 + 30), range(1, 6), 60),
    (
        "office-newyork", "Office hours, New York", "America/New_York", "Eastern Time (US & Canada)",
        (8 * 60, 18 * 60), range(1, 6), 60,
    ),
    ("always", "Around the clock", "Etc/UTC", "UTC", (0, 24 * 60), range(7), 30),
)  # fmt: skip
_TARGETS = (("low", 16, 80), ("normal", 8, 40), ("high", 4, 16), ("urgent", 1, 8))
_DAY = 24 * 60


def seed(world: World) -> World:
    """Fill a world: the desk, and tickets of the last days."""
    set_up(world)
    write_tickets(world)
    return world


def set_up(world: World) -> World:
    """Fill a world with everything but tickets. `SIMULATED_TOKEN` belongs to the account, as API tokens do."""
    now, world.now = world.now, lambda: BEGINNING
    world.add_user("Service Account", SIMULATED_EMAIL, "admin", external_id="service.account")
    groups = {key: world.add_group(name, description) for key, (name, description, _) in GROUPS.items()}
    for identifier, name, keys in STAFF:
        user = world.add_user(name, f"{identifier}@acme.example", "agent", external_id=identifier)
        for key in keys:
            world.add_member(user, groups[key])
    world.api_tokens.add(SIMULATED_TOKEN)
    ada = world.user_by_email("ada.lind@acme.example")
    if ada is not None:
        world.oauth_tokens[SIMULATED_OAUTH_TOKEN] = ada.id
    _service_levels(world, {key: group.id for key, group in groups.items()})
    _macros(world)
    _fields(world)
    world.now = now
    return world


def _service_levels(world: World, groups: dict[str, int]) -> None:
    for position, (key, name, iana, rails, hours, days, scale) in enumerate(_SCHEDULES, 1):
        intervals = [(day * _DAY + hours[0], day * _DAY + hours[1]) for day in days]
        schedule = Schedule(world.new_id(), name, iana, rails, intervals, BEGINNING)
        if key == "office-berlin":
            schedule.holidays = [
                (world.new_id(), "German Unity Day", date(2026, 10, 3), date(2026, 10, 3)),
                (world.new_id(), "Christmas", date(2026, 12, 25), date(2026, 12, 26)),
            ]
        world.schedules[schedule.id] = schedule
        targets = {}
        for priority, first, whole in _TARGETS:
            targets["first_reply_time", priority] = first * scale
            targets["requester_wait_time", priority] = whole * scale
        members = [groups[group] for group, (_, _, policy) in GROUPS.items() if policy == key]
        policy = SlaPolicy(world.new_id(), name, "", members, targets, schedule.id, BEGINNING, position)
        world.policies[policy.id] = policy


def _macros(world: World) -> None:
    for position, (title, text) in enumerate(MACROS):
        words = "Hello {{ticket.requester.name}},\n\n" + text
        actions = [
            {"field": "comment_value", "value": words},
            {"field": "comment_mode_is_public", "value": "true"},
        ]
        macro = Macro(world.new_id(), title, None, actions, BEGINNING, position=position)
        world.macros[macro.id] = macro


def _fields(world: World) -> None:
    for kind, title in _SYSTEM_FIELDS:
        system = TicketField(world.new_id(), kind, title, BEGINNING, removable=False)
        world.fields[system.id] = system
    order = TicketField(world.new_id(), "regexp", "Order number", BEGINNING, regexp=r"[A-Z]{1,3}-?[0-9]{4,8}")
    options = [(world.new_id(), name, f"product_{name.lower().replace(' ', '_')}") for name in _PRODUCTS]
    product = TicketField(world.new_id(), "tagger", "Product", BEGINNING, options)
    damaged = TicketField(world.new_id(), "checkbox", "Damaged on arrival", BEGINNING)
    world.fields |= {one.id: one for one in (order, product, damaged)}
    system_ids = [one.id for one in world.fields.values() if not one.removable]
    for name, fields in (("Default", [order, product]), ("Parcel", [order, product, damaged])):
        ids = [*system_ids, *(one.id for one in fields)]
        form = TicketForm(world.new_id(), name, ids, BEGINNING, default=name == "Default")
        world.forms[form.id] = form
