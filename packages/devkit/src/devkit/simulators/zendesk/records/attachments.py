"""Attachments and uploads."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Attachment:
    """A file. `token` is the unguessable part of its download address."""

    id: int
    token: str
    file_name: str
    content_type: str
    content: bytes
    inline: bool = False
    deleted: bool = False


@dataclass
class Upload:
    """Files that wait for a comment; the token is valid until `expires_at` and for one comment."""

    token: str
    expires_at: datetime
    attachments: list[Attachment] = field(default_factory=list)
