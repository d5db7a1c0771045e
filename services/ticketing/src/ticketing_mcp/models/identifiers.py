"""How callers name things. Ids are checked by syntax, so they may be shown as they are."""

from typing import Annotated

from pydantic import Field, StringConstraints

from servicekit.schema.untrusted import Untrusted

MAX_TITLE = 200
MAX_TEXT = 10_000
MAX_RESOLUTION = 1000

_SLUG = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
EMAIL_PATTERN = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"

TicketId = Annotated[str, Field(pattern=r"^T-[1-9][0-9]{0,8}$", description="Ticket id, as in T-123.")]
QueueId = Annotated[str, Field(pattern=rf"^{_SLUG}$", description="Queue id, from list_queues.")]
UserId = Annotated[str, Field(pattern=rf"^{_SLUG}$", description="User id, from search_users.")]
MacroId = Annotated[str, Field(pattern=rf"^{_SLUG}$", description="Macro id, from list_macros.")]
Email = Annotated[str, Field(pattern=rf"^{EMAIL_PATTERN}$", max_length=254, description="E-mail address.")]
SearchText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="Words of the title, a message or a note, the requester's name or e-mail, or a ticket id.",
    ),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE),
    Field(description="What it is about, in a line."),
]
Body = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT),
    Field(description="The whole text."),
]
Resolution = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_RESOLUTION),
    Field(description="What solved it, or why nothing will be done."),
]

RequesterText = Annotated[str, Untrusted("requester")]
"""Free text that a requester wrote, or may have."""
ConversationText = Annotated[str, Untrusted("conversation")]
"""Free text of a comment: the requester's or staff's, as its kind says."""
DeskText = Annotated[str, Untrusted("desk")]
"""Free text that staff wrote, which may quote a requester."""


def ticket_id(number: int) -> str:
    """The id of the ticket with that number."""
    return f"T-{number}"


def number_of(identifier: TicketId) -> int:
    """The number in a checked ticket id."""
    return int(identifier[2:])
