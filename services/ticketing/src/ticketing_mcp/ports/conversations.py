"""Reading conversations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from ticketing_mcp.models.attachments import Attachment
from ticketing_mcp.models.comments import Audience, CommentKind
from ticketing_mcp.models.mail.view import BodyFormat

MOST_READ: Final = 200_000
"""Characters of the body of a message in a list."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was delivered.

    Attributes:
        sequence: its place in the conversation, increasing; 0 for the message that opened the ticket.
        author_name: None for an author whom the desk does not know.
        body: HTML or text; in a list at most the first `MOST_READ` characters.
        length: characters of the whole body.
        mentions: user ids of the staff that an internal note mentions.
        sent_to: the addresses that a public reply was sent to; None where that is not recorded.
    """

    sequence: int
    kind: CommentKind
    author_id: str
    author_name: str | None
    at: datetime
    body: str
    format: BodyFormat
    length: int
    mentions: tuple[str, ...] = ()
    sent_to: tuple[str, ...] | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages of a conversation are read; all conditions hold.

    Attributes:
        audience: messages that the requester sees, or notes; None for both.
        mentions: user id of a staff member; only notes that mention them.
        beyond: the sequence after which the list continues, in its order; None to begin.
    """

    audience: Audience | None = None
    mentions: str | None = None
    order: Literal["newest", "oldest"] = "newest"
    beyond: int | None = None


class Conversations(Protocol):
    """Reads the messages of tickets."""

    async def messages(self, number: int, wanted: Wanted, count: int) -> Sequence[Message] | None:
        """At most `count` messages in order, the one that opened the ticket among them; None for an unknown ticket."""
        ...

    async def message(self, number: int, sequence: int) -> Message | None:
        """One message with its whole body; None if there is no such ticket or message."""
        ...
