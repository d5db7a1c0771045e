"""Attachments of messages: their metadata, which types are accepted, and how a type is recognised."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, Field

from servicekit.core import Refused
from servicekit.schema import Author, FreeText, Identifier, Record, Searched, Untrusted

MAX_FILE: Final = 10 * 1024 * 1024
"""Bytes of the largest attachment."""
MAX_FILES: Final = 100
"""Attachments of one ticket."""
MAX_TICKET_BYTES: Final = 100 * 1024 * 1024
"""Bytes of all attachments of one ticket."""
MAX_FILE_TEXT: Final = 1_000_000

FileKind = Literal["png", "jpg", "gif", "webp", "pdf", "txt", "log", "csv", "json", "docx", "xlsx", "pptx", "zip"]
FILE_KINDS: Final[tuple[FileKind, ...]] = get_args(FileKind)
DEFAULT_KINDS: Final[tuple[FileKind, ...]] = tuple(kind for kind in FILE_KINDS if kind != "zip")
"""A zip archive may hold files that are not accepted themselves."""
_OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: Final[dict[FileKind, str]] = {
    "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "pdf": "application/pdf",
    "txt": "text/plain", "log": "text/plain", "csv": "text/csv", "json": "application/json",
    "docx": f"{_OFFICE}wordprocessingml.document", "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation", "zip": "application/zip",
}  # fmt: skip
_SAME: Final[dict[str, FileKind]] = {"jpeg": "jpg", "text": "txt", "md": "txt"}
_OFFICE_FOLDERS: Final[dict[FileKind, bytes]] = {"docx": b"word/", "xlsx": b"xl/", "pptx": b"ppt/"}
_BEGINNINGS: Final[dict[FileKind, tuple[bytes, ...]]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "pdf": (b"%PDF-",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
}
_TEXT_KINDS: Final = frozenset[FileKind]({"txt", "log", "csv", "json"})
_REASONS: Final = {
    "svg": "SVG images can hold scripts",
    **dict.fromkeys(("html", "htm", "xhtml", "xml"), "pages can hold scripts"),
    **dict.fromkeys(
        ("exe", "dll", "msi", "bat", "cmd", "ps1", "sh", "js", "vbs", "jar", "app", "apk"), "it can be run"
    ),
    **dict.fromkeys(("docm", "xlsm", "pptm"), "it can hold macros"),
}
_NAME = r"[^/\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,255}"
_DATA_URL = re.compile(r"data:[a-z0-9.+/-]{1,100}(?:;[a-z0-9=-]{1,40}){0,3},", re.IGNORECASE)


def _last_part(name: object) -> object:
    """A name without the folders before it."""
    return re.split(r"[/\\]", name)[-1] or "unnamed" if isinstance(name, str) else name


AttachmentId = Annotated[
    str,
    Identifier(
        "an attachment id such as 3", "3", pattern=r"[1-9][0-9]{0,18}", found_by="list_comments",
        normalise=lambda text: text.removeprefix("#"),
    ),
    Field(description="From get_ticket."),
]  # fmt: skip
FileName = Annotated[
    str,
    Identifier(
        "a file name such as error.log, without a path or invisible characters", "error.log", pattern=_NAME,
        any_script=True,
    ),
    Field(description="Such as error.log."),
]  # fmt: skip
FileText = Annotated[str, FreeText(MAX_FILE_TEXT, "Content of a text file.")]
FileBase64 = Annotated[str, Field(max_length=MAX_FILE * 2, description="Content of another file."), Searched()]


def _author_of(attachment: "Attachment") -> Author:
    return attachment.by


class Attachment(Record):
    """A file that came with a message. `size` is in bytes; `message` is its message's sequence in list_comments."""

    id: str
    name: Annotated[str, BeforeValidator(_last_part), Untrusted(_author_of)]
    type: str
    size: int
    by: Literal["requester", "staff"]
    at: datetime
    message: int


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file to add, whose content fits its type."""

    name: str
    type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def is_text(media_type: str) -> bool:
    """Whether a file of this type is shown as text."""
    return media_type.startswith("text/") or media_type == "application/json"


def new_attachment(name: str, text: str | None, base64: str | None, accepted: tuple[FileKind, ...]) -> NewAttachment:
    """The file in the arguments of a call.

    Raises:
        Refused: the type is not accepted, or the content does not fit the name.
    """
    if (text is None) == (base64 is None):
        raise Refused("Give exactly one of text and base64.")
    content = text.encode() if text is not None else _decoded(base64 or "")
    if not content:
        raise Refused("The file is empty.")
    if len(content) > MAX_FILE:
        raise Refused(f"The file has {len(content)} bytes, and an attachment at most {MAX_FILE}.")
    kind = _kind(name, accepted)
    found = kind_of(content)
    if not _fits(kind, found, content):
        what = f"is {found}" if found is not None else "is not of that type"
        raise Refused(f"The name ends in .{kind}, but the content {what}. Nothing was attached.")
    return NewAttachment(name, MEDIA_TYPES[kind], content)


def kind_of(content: bytes) -> FileKind | None:
    """The kind that content begins like; None for what is neither of these nor text. A document with macros is zip."""
    for kind, beginnings in _BEGINNINGS.items():
        if content.startswith(beginnings):
            is_office = kind == "zip" and b"[Content_Types].xml" in content and b"vbaProject.bin" not in content
            return next((one for one, part in _OFFICE_FOLDERS.items() if is_office and part in content), kind)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return "txt" if _is_plain_text(content) else None


def _kind(name: str, accepted: tuple[FileKind, ...]) -> FileKind:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    kind = _SAME.get(ending, ending)
    for known in accepted:
        if known == kind:
            return known
    reason = f", because {_REASONS[ending]}" if ending in _REASONS else ""
    what = f"Files ending in .{ending} are not accepted{reason}." if ending.isalnum() else "The name has no file type."
    raise Refused(f"{what} Accepted: {', '.join(accepted)}.")


def _fits(kind: FileKind, found: FileKind | None, content: bytes) -> bool:
    if kind in _TEXT_KINDS:
        return found == "txt"
    return found == kind or (kind == "zip" and content.startswith(_BEGINNINGS["zip"]))


def _is_plain_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return "\0" not in text


def _decoded(base64: str) -> bytes:
    """The bytes of base64, also as a data URL, in the alphabet of URLs, and with line breaks.

    Raises:
        Refused: it is something else.
    """
    head = _DATA_URL.match(base64[:300])
    plain = "".join(base64[head.end() if head else 0 :].split()).replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (NotBase64, ValueError):
        raise Refused("base64 is not valid base64. For a text file, send its content as text instead.") from None
