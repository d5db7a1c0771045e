"""Reading conversations."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ticketing_mcp.adapters.zendesk.api.client import PAGE, parsed_list
from ticketing_mcp.adapters.zendesk.limits import not_offered
from ticketing_mcp.adapters.zendesk.tickets import ZendeskTickets, users_in
from ticketing_mcp.adapters.zendesk.wire import WireComment, WireUser
from ticketing_mcp.models.attachments import Attachment
from ticketing_mcp.models.comments import FIRST_MESSAGE, KINDS, CommentKind
from ticketing_mcp.models.identifiers import ticket_id
from ticketing_mcp.models.mail.view import LONGEST_BODY, BodyFormat
from ticketing_mcp.ports.conversations import MOST_READ, Message, Wanted

_MOST_PAGES: Final = 50
"""Zendesk keeps at most five thousand comments of a ticket."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of comments, with the place of each in the conversation."""

    comments: list[tuple[int, WireComment]]
    users: Mapping[int, WireUser]
    is_full: bool


class ZendeskConversations(ZendeskTickets):
    """`Conversations` on Zendesk. The sequence of a comment is its place; the description is the first one."""

    async def messages(self, number: int, wanted: Wanted, count: int) -> list[Message] | None:
        if wanted.mentions is not None:
            raise not_offered("mentions")
        ticket, found = await asyncio.gather(self.visible(number), self._wanted(number, wanted, count))
        return None if ticket is None else found

    async def message(self, number: int, sequence: int) -> Message | None:
        ticket, page = await asyncio.gather(
            self.visible(number), self._page(number, sequence // PAGE + 1, newest=False)
        )
        found = next((one for place, one in page.comments if place == sequence), None)
        return None if ticket is None or found is None else message_of(found, sequence, page.users, LONGEST_BODY)

    async def _wanted(self, number: int, wanted: Wanted, count: int) -> list[Message]:
        newest, kinds = wanted.order == "newest", KINDS[wanted.audience]
        found: list[Message] = []
        for page in range(1 if newest or wanted.beyond is None else wanted.beyond // PAGE + 1, _MOST_PAGES + 1):
            part = await self._page(number, page, newest=newest)
            for place, comment in part.comments:
                is_beyond = wanted.beyond is None or (place < wanted.beyond if newest else place > wanted.beyond)
                if is_beyond and kind_of(comment, place, part.users) in kinds:
                    found.append(message_of(comment, place, part.users, MOST_READ))
            if len(found) >= count or not part.is_full:
                break
        return found[:count]

    async def pages(self, number: int) -> AsyncIterator[Page]:
        """All comments of a ticket, oldest first, page by page."""
        for page in range(1, _MOST_PAGES + 1):
            part = await self._page(number, page, newest=False)
            yield part
            if not part.is_full:
                break

    async def _page(self, number: int, page: int, *, newest: bool) -> Page:
        order = "desc" if newest else "asc"
        query = {"include": "users", "per_page": PAGE, "page": page, "sort_order": order}
        what = f"the comments of ticket {ticket_id(number)}"
        data: Any = await self._api.read_or_none(("tickets", number, "comments"), what, query)
        if data is None:
            return Page([], {}, is_full=False)
        comments = parsed_list(WireComment, data, "comments")
        total, before = data.get("count"), (page - 1) * PAGE
        last = (total if isinstance(total, int) else before + len(comments)) - 1
        places = [last - before - at if newest else before + at for at in range(len(comments))]
        return Page(list(zip(places, comments, strict=True)), users_in(data), is_full=len(comments) == PAGE)


def message_of(comment: WireComment, sequence: int, users: Mapping[int, WireUser], most: int) -> Message:
    """A comment as a message, with at most so many characters of its body. Zendesk records no mentions, and not to
    whom a reply went."""
    author = users.get(comment.author_id or 0)
    body, form = body_of(comment)
    return Message(
        sequence=sequence,
        kind=kind_of(comment, sequence, users),
        author_id=str(comment.author_id or ""),
        author_name=author.name if author is not None else None,
        at=comment.created_at,
        body=body[:most],
        format=form,
        length=len(body),
        attachments=files_of(comment, sequence, users),
    )


def files_of(comment: WireComment, sequence: int, users: Mapping[int, WireUser]) -> tuple[Attachment, ...]:
    """The files of a comment."""
    author = users.get(comment.author_id or 0)
    return tuple(
        Attachment(
            id=str(file.id),
            name=file.file_name or "unnamed",
            type=file.content_type or "application/octet-stream",
            size=file.size or 0,
            by="staff" if author is not None and author.is_staff else "requester",
            at=comment.created_at,
            message=sequence,
        )
        for file in comment.attachments
    )


def body_of(comment: WireComment) -> tuple[str, BodyFormat]:
    """The body of a mail as HTML, and of any other comment as text."""
    if comment.via is not None and comment.via.channel == "email" and comment.html_body:
        return comment.html_body, "html"
    return (comment.plain_body if comment.plain_body is not None else comment.body or ""), "text"


def kind_of(comment: WireComment, sequence: int, users: Mapping[int, WireUser]) -> CommentKind:
    """Whether a comment is a note, a reply of the desk, or a message of the requester. The description is one too: an
    agent may have written it for the requester."""
    if not comment.public:
        return "internal_note"
    if sequence == FIRST_MESSAGE:
        return "requester_message"
    author = users.get(comment.author_id or 0)
    return "public_reply" if author is not None and author.is_staff else "requester_message"
