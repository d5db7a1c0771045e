"""Argument types. Ids are checked by pattern, so error texts may repeat them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from servicekit.schema import Untrusted

MAX_TITLE = 200
MAX_TEXT = 10_000
MAX_RESOLUTION = 1000

_SLUG = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
EMAIL_PATTERN = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"

TicketId = Annotated[str, Field(pattern=r"^T-[1-9][0-9]{0,8}$", description="Such as T-1042.")]
QueueId = Annotated[str, Field(pattern=rf"^{_SLUG}$", description="From list_queues.")]
UserId = Annotated[str, Field(pattern=rf"^{_SLUG}$", description="From search_users.")]
MacroId = Annotated[str, Field(pattern=rf"^{_SLUG}$", description="From list_macros.")]
Email = Annotated[str, Field(pattern=rf"^{EMAIL_PATTERN}$", max_length=254, description="E-mail address.")]
SearchText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="Words of the title, a message or a note; requester name or e-mail; or a ticket id.",
    ),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE),
    Field(description="Subject in one line."),
]
Body = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT),
    Field(description="The full text."),
]
Resolution = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_RESOLUTION),
    Field(description="What solved it, or why it is closed unsolved."),
]

RequesterText = Annotated[str, Untrusted("requester")]
"""Free text that a requester may have written."""
StaffText = Annotated[str, Untrusted("staff")]
"""Free text by staff, which may quote a requester."""


def ticket_id(number: int) -> str:
    return f"T-{number}"


def number_of(identifier: TicketId) -> int:
    """The number of a validated ticket id."""
    return int(identifier[2:])
