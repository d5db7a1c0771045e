"""Messages of a ticket's conversation, as they are shown."""

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field

from servicekit.schema import Author, Record, Untrusted
from ticketing_mcp.models.attachments import Attachment
from ticketing_mcp.models.mail.view import BodyFormat

CommentKind = Literal["requester_message", "public_reply", "internal_note"]
Audience = Literal["public", "internal"]
KINDS: dict[Audience | None, tuple[CommentKind, ...]] = {
    "public": ("requester_message", "public_reply"),
    "internal": ("internal_note",),
    None: get_args(CommentKind),
}
FIRST_MESSAGE = 0
"""Sequence of the message that opened the ticket."""
LISTED = 4000
"""Characters of a message in a list."""
PART = 12_000
"""Characters of a message that is read alone."""


def author_of(kind: CommentKind) -> Author:
    """Who wrote a message of this kind."""
    return "requester" if kind == "requester_message" else "staff"


def _author_of(comment: "Comment") -> Author:
    return author_of(comment.kind)


class Comment(Record):
    """A requester message, a public reply, or an internal note. The ticket's first message has sequence 0."""

    sequence: int
    kind: CommentKind
    author_id: str
    author_name: Annotated[str, Untrusted(_author_of)] | None = None
    at: datetime
    body: Annotated[str, Untrusted(_author_of)]
    length: Annotated[int | None, Field(description="Characters of the whole message; only set if this is cut.")] = None
    quoted_lines: Annotated[int | None, Field(description="Lines of quoted history that are left out.")] = None
    hidden_characters: Annotated[
        int | None, Field(description="Characters that the mail hides from its reader, left out.")
    ] = None
    mentions: list[str] | None = None
    attachments: list[Attachment] | None = None
    sent_to: Annotated[list[str] | None, Field(description="Recipients of a reply, where copies were sent.")] = None


def may_quote(kind: CommentKind, written_in: BodyFormat, sequence: int) -> bool:
    """Whether quoted history is folded away: in mails, but not in the first, which has no history on this desk.

    Text that staff wrote here is shown as they wrote it.
    """
    return sequence > FIRST_MESSAGE and (kind == "requester_message" or written_in == "html")


def beginning(text: str, most: int) -> str:
    """The first characters of a text, up to the end of a line or word where one is near."""
    if len(text) <= most:
        return text
    kept = text[:most]
    for end in ("\n", " "):
        if (place := kept.rfind(end)) > most // 2:
            return kept[:place]
    return kept
