"""The tickets of the initial data: enough to try an agent's daily jobs by hand."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from devkit.simulators.zendesk import ticket_changes
from devkit.simulators.zendesk.business_hours import add_minutes
from devkit.simulators.zendesk.comment_text import from_html, from_plain
from devkit.simulators.zendesk.comments import Draft, add_comment
from devkit.simulators.zendesk.merging import merge_tasks
from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.service_levels import clocks
from devkit.simulators.zendesk.world import World

EMAIL: Final[dict[str, Any]] = {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}}
_HTML = (
    "<p>Good morning,</p><p>the <b>invoice R-2093</b> still has our old address.</p><div><br></div>"
    "<blockquote><p>On Monday, Carla Rossi wrote:</p><p>Please send us the new address.</p></blockquote>"
)


@dataclass(frozen=True)
class Request:
    """A ticket of the initial data; `hours` is its age."""

    group: str
    name: str
    hours: float
    subject: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


_ERRORS = (
    Request("Operations", "Mia Schulz", 130, "Error E-4711 on every request",
            "All users in Berlin get E-4711 since Monday. Order ORD-00001042 is stuck.",
            {"priority": "high", "assignee_email": "grace.kim@acme.example", "tags": ["outage"]}),
    Request("Operations", "Noah Walker", 118, "E4711 when I open the export",
            "The export shows E-4711 and nothing else.", {"priority": "high", "tags": ["outage"]}),
    Request("Operations", "Mia Schulz", 110, "Again: E-4711", "I still get E-4711, in Berlin and in Hamburg.",
            {"priority": "normal"}),
    Request("IT support", "Kenji Sato", 60, "Ledgerline stops with e-4712", "Ledgerline closes and shows e-4712.",
            {"priority": "normal"}),
)  # fmt: skip
_BILLING = (
    ("Chloé Martin", "Invoice R-2093 was charged twice", "high", "Order ORD-00002093 was paid twice."),
    ("Omar Aziz", "Refund for order ORD-00001588 has not arrived", "normal", "You promised it on Monday."),
    ("Zofia Nowak", "Wrong tax on invoice R-2101", "urgent", "The tax number is missing."),
)
_NEW = (
    ("Lena Vogt", "Laptop does not start any more", "The screen stays black after the logo."),
    ("Paul Meyer", "Cannot sign in after password reset", "The new password is refused."),
    ("Ines Costa", "Parcel ORD-00004711 has not arrived", "Tracking says in transit since Monday."),
    ("Tom Baker", "Payment declined although the card is valid", "The card works everywhere else."),
    ("Yuki Tanaka", "プリンターが動きません", "印刷できません。大阪の事務所です。"),
    ("Sara Lindqvist", "Timeouts in Beacon since this morning", "Every page takes more than a minute."),
    ("Liam Byrne", "Parcel arrived damaged in Dublin", "The box was open and wet on one side."),
    ("Anna Kowalska", "Please delete my personal data", "Under data protection law, please delete my account."),
    ("Diego Ruiz", "Refund for order ORD-00004802", "I sent the headset back two weeks ago."),
    ("Emma Clarke", "VPN drops after some minutes", "It began after the last update."),
)
_ABSENT = (
    ("Invoice R-1988 has the old address", "Billing"),
    ("Question about the payment term", "Billing"),
    ("Corrected invoice for March", "Billing"),
)


def write_tickets(world: World) -> None:
    """Add the tickets, the oldest first."""
    present, real = world.now(), world.now
    with _at(world, present):
        errors = [_open(world, present, one) for one in _ERRORS]
        _known_error(world, present, errors[0])
        for name, subject, priority, text in _BILLING:
            _due_soon(world, present, name, subject, priority, text)
        for position, (subject, group) in enumerate(_ABSENT):
            fields = {"priority": "normal", "assignee_email": "carla.rossi@acme.example", "tags": ["handover"]}
            ticket = _open(world, present, Request(group, "Bruno Keller", 50 - position, subject, subject, fields))
            if position == 0:
                _mail(world, present, ticket)
        _solved(world, present)
        for position, (name, subject, text) in enumerate(_NEW):
            _open(world, present, Request("", name, 3 - position / 4, subject, text))
    world.now = real


def _open(world: World, present: datetime, request: Request) -> Ticket:
    """A ticket from an e-mail of a requester."""
    email = f"{request.name.lower().replace(' ', '.')}@customer.example"
    requester = world.user_by_email(email) or world.add_user(request.name, email)
    group = next((one.id for one in world.groups.values() if one.name == request.group), None)
    fields = {"subject": request.subject, "comment": {"body": request.text}, "group_id": group, **request.fields}
    with _at(world, present - timedelta(hours=request.hours)):
        ticket, audit = ticket_changes.create(world, requester, fields)
    ticket.via = ticket.comments[0].via = audit.via = {**EMAIL, "source": _source(requester)}
    world.index(ticket)
    return ticket


def _source(requester: User) -> dict[str, Any]:
    origin = {"address": requester.email, "name": requester.name}
    return {"from": origin, "to": {"name": "Acme", "address": "support@acme.example"}, "rel": None}


def _known_error(world: World, present: datetime, ticket: Ticket) -> None:
    """An answered ticket with a note, a picture and another one merged into it."""
    grace = _agent(world, "grace.kim")
    with _at(world, present - timedelta(hours=126)):
        _say(world, grace, ticket, "Caused by the import of last night. Restart the workers in turn.", public=False)
        _say(world, grace, ticket, "Thank you for the report. We are working on it.", public=True)
    with _at(world, present - timedelta(hours=100)):
        picture = world.add_attachment("error.png", "image/png", _picture())
        draft = Draft(from_plain("Here is a picture of the page."), ticket.requester_id, public=True)
        audit = ticket_changes.update(world, world.users[ticket.requester_id], ticket, {"tags": ["e_4711", "outage"]})
        add_comment(world, ticket, audit, draft, world.now(), [picture])
        world.index(ticket)
    twin = _open(world, present, Request("Operations", "Ola Berg", 96, "E-4711 again", "Same as on Monday."))
    with _at(world, present - timedelta(hours=90)):
        body = {"ids": [twin.id], "target_comment": f"Request #{twin.id} was closed and merged into this request."}
        for task in merge_tasks(world, grace, ticket, body):
            task()


def _due_soon(world: World, present: datetime, name: str, subject: str, priority: str, text: str) -> None:
    """A ticket in billing whose first reply is due within two hours of office time."""
    fields = {"priority": priority, "assignee_email": "dev.patel@acme.example"}
    ticket = _open(world, present, Request("Billing", name, 1, subject, text, fields))
    (first, *_) = clocks(world, ticket)
    policy = next(one for one in world.policies.values() if ticket.group_id in one.group_ids)
    schedule = world.schedules[policy.schedule_id or 0]
    soon = add_minutes(present, 45, schedule)
    while first.breach_at is not None and first.breach_at > soon:
        ticket.created_at -= timedelta(minutes=15)
        (first, *_) = clocks(world, ticket)
    ticket.updated_at = ticket.created_at
    ticket.comments[0].created_at = ticket.audits[0].created_at = ticket.created_at
    ticket.status_changes = [(ticket.created_at, ticket.status)]
    world.index(ticket)


def _mail(world: World, present: datetime, ticket: Ticket) -> None:
    """An HTML mail with a quoted message, from the requester, with a CC."""
    requester = world.users[ticket.requester_id]
    with _at(world, present - timedelta(hours=20)):
        people = [{"user_email": "accounts.payable@customer.example", "action": "put"}]
        audit = ticket_changes.update(world, requester, ticket, {"email_ccs": people})
        add_comment(world, ticket, audit, Draft(from_html(_HTML), requester.id, public=True), world.now())
        ticket.comments[-1].via = {**EMAIL, "source": _source(requester)}
        world.index(ticket)


def _solved(world: World, present: datetime) -> None:
    """A solved ticket, and a closed one."""
    for hours, subject, status in ((200, "Error E-4698 on sign-in", "closed"), (90, "Phone does not charge", "solved")):
        fields = {"priority": "normal", "assignee_email": "ada.lind@acme.example"}
        ticket = _open(world, present, Request("IT support", "Rita Silva", hours, subject, subject, fields))
        ada = _agent(world, "ada.lind")
        with _at(world, present - timedelta(hours=hours - 4)):
            comment = {"body": "Solved by a new certificate. Thank you for the report.", "public": True}
            ticket_changes.update(world, ada, ticket, {"status": "solved", "comment": comment})
        if status == "closed":
            with _at(world, present - timedelta(hours=hours - 100)):
                ticket_changes.update(world, ada, ticket, {"status": "closed"})


def _say(world: World, author: User, ticket: Ticket, text: str, *, public: bool) -> None:
    ticket_changes.update(world, author, ticket, {"comment": {"body": text, "public": public}})


def _agent(world: World, identifier: str) -> User:
    return next(user for user in world.users.values() if user.external_id == identifier)


@contextmanager
def _at(world: World, instant: datetime) -> Iterator[None]:
    """The world at another time for the length of the block."""
    before, world.now = world.now, lambda: instant
    try:
        yield
    finally:
        world.now = before


def _picture() -> bytes:
    """A red PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
