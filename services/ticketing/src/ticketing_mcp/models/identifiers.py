"""Argument types, and the spellings in which each is accepted. Error texts may repeat an identifier."""

import re
from typing import Annotated

from pydantic import Field

from servicekit.schema import EMAIL_PATTERN, FreeText, Identifier, Searched, Untrusted, mail_address
from ticketing_mcp.models.moments import MOMENT_PATTERN, spelled_moment

MAX_TITLE = 200
MAX_TEXT = 10_000
MAX_RESOLUTION = 1000

_SLUG = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"

_WORDS = r"[^\x00-\x1f\x7f]+"
"""A name in any script, without control characters."""

_TICKET = re.compile(r"\A(?:#?\s*t(?:icket)?[\s#_-]*(?:t-)?|#\s*)?(?P<digits>[1-9][0-9]{0,8})", re.IGNORECASE)


def _ticket(text: str) -> str:
    """The ticket id in ``12``, ``#12``, ``t-12`` or ``T12``."""
    match = _TICKET.fullmatch(text)
    return f"T-{match['digits']}" if match else text


def _slug(text: str) -> str:
    """An id in lower case, with hyphens for spaces and without a leading @."""
    return re.sub(r"\s+", "-", text.lower().removeprefix("@").removeprefix("#"))


TicketId = Annotated[
    str,
    Identifier(
        "a ticket id such as T-123",
        "T-123",
        pattern=r"T-[1-9][0-9]{0,8}",
        found_by="search_tickets",
        normalise=_ticket,
    ),
    Field(description="Such as T-1042."),
]
TicketIds = Annotated[list[TicketId], Field(min_length=1, max_length=50, description="Up to 50.")]
MessageNumber = Annotated[
    str,
    Identifier("the sequence of a message, such as 3", "3", pattern=r"0|[1-9][0-9]{0,14}", found_by="list_comments"),
    Field(description="From list_comments."),
]
QueueId = Annotated[
    str,
    Identifier("a queue id such as billing", "billing", pattern=_SLUG, found_by="list_queues", normalise=_slug),
    Field(description="From list_queues."),
]
UserId = Annotated[
    str,
    Identifier("a user id such as hana.sato", "hana.sato", pattern=_SLUG, found_by="search_users", normalise=_slug),
    Field(description="From search_users."),
]
Assignee = Annotated[
    str,
    Identifier(
        "a staff member's id, e-mail address or name, such as hana.sato, or me",
        "hana.sato",
        pattern=_WORDS,
        found_by="search_users",
        max_length=254,
    ),
    Field(description="Staff id, name, e-mail or me."),
]
"""Resolved by `tools.staff.staff_member`."""
MacroId = Annotated[
    str,
    Identifier("a macro id such as refund", "refund", pattern=_SLUG, found_by="list_macros", normalise=_slug),
    Field(description="From list_macros."),
]
Email = Annotated[
    str,
    Identifier(
        "an e-mail address such as ann@example.com",
        "ann@example.com",
        pattern=EMAIL_PATTERN,
        normalise=mail_address,
        max_length=254,
    ),
    Field(description="E-mail address."),
]
Requester = Annotated[
    str,
    Identifier(
        "a person's e-mail address, user id or name such as ann@example.com",
        "ann@example.com",
        pattern=_WORDS,
        found_by="search_users",
        max_length=254,
    ),
    Field(description="E-mail, id or name."),
]
Moment = Annotated[
    str,
    Identifier(
        "a day such as 2026-11-01, a time such as 2026-11-01T09:30, or a distance such as 7d",
        "2026-11-01",
        pattern=MOMENT_PATTERN,
        normalise=spelled_moment,
        from_number=False,
    ),
]
"""A day, counted whole, or a time; read in the time zone of the call."""
SearchText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        description='Words, codes, "phrases", a requester\'s name, e-mail or domain; or a ticket id.',
    ),
    Searched(),
]
Title = Annotated[str, FreeText(MAX_TITLE, "Subject in one line.", name=True)]
Body = Annotated[str, FreeText(MAX_TEXT, "The full text.")]
Resolution = Annotated[str, FreeText(MAX_RESOLUTION, "What solved it, or why it is closed unsolved.")]

RequesterText = Annotated[str, Untrusted("requester")]
"""Free text that a requester may have written."""
StaffText = Annotated[str, Untrusted("staff")]
"""Free text by staff, which may quote a requester."""


def ticket_id(number: int) -> str:
    return f"T-{number}"


def number_of(identifier: TicketId) -> int:
    """The number of a validated ticket id."""
    return int(identifier[2:])
