"""Adds comments to tickets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devkit.simulators.zendesk.comment_text import CommentText, from_html, from_plain
from devkit.simulators.zendesk.records.attachments import Attachment
from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.records.tickets import Audit, Comment, Ticket
from devkit.simulators.zendesk.responses import invalid_field
from devkit.simulators.zendesk.ticket_values import as_id
from devkit.simulators.zendesk.world import World


@dataclass
class Draft:
    """A comment that was checked and not yet added."""

    text: CommentText
    author_id: int
    public: bool
    uploads: list[str] = field(default_factory=list)


def draft_of(world: World, actor: User, sent: Any, *, public: bool) -> Draft | None:
    """The comment that a client sent; None for a blank one.

    Args:
        public: whether it is public if the client does not say.

    Raises:
        ApiError: 422, the author is missing, or an upload is unknown, used or too old.
    """
    fields: Mapping[str, Any] = sent if isinstance(sent, dict) else {"body": sent}
    markup, body = str(fields.get("html_body") or ""), str(fields.get("body") or fields.get("value") or "")
    uploads = fields.get("uploads") or fields.get("upload") or []
    tokens = [str(token) for token in (uploads if isinstance(uploads, list) else [uploads])]
    if not markup.strip() and not body.strip():
        return None
    author = actor
    if fields.get("author_id") not in (None, ""):
        found = world.users.get(as_id(fields["author_id"]))
        if found is None:
            raise invalid_field("comment", "Comment: author is invalid", "InvalidValue")
        author = found
    for token in tokens:
        upload = world.uploads.get(token)
        if upload is None or upload.expires_at <= world.now():
            raise invalid_field("comment", "Comment: the upload token is invalid", "InvalidValue")
    shown = fields.get("public", public)
    is_public = shown if isinstance(shown, bool) else str(shown).lower() != "false"
    return Draft(from_html(markup) if markup.strip() else from_plain(body), author.id, is_public, tokens)


def add_comment(
    world: World, ticket: Ticket, audit: Audit, draft: Draft, now: datetime, extra: list[Attachment] | None = None
) -> Comment:
    """Add a comment with the event of the audit. Its uploads are used up."""
    files = [one for token in draft.uploads for one in world.uploads.pop(token).attachments]
    text = draft.text
    comment = Comment(
        world.new_id(),
        audit.id,
        draft.author_id,
        text.body,
        text.html_body,
        text.plain_body,
        draft.public,
        now,
        audit.via,
        [*files, *(extra or [])],
    )
    ticket.comments.append(comment)
    audit.events.append({"id": comment.id, "type": "Comment"})
    return comment
