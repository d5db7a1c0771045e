"""What a result may carry besides its text and structure: pictures, sounds, and resources sent along."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

T = TypeVar("T")

ATTACHMENTS_BUDGET: Final = 512 * 1024
"""The most bytes that the attachments of one result have together. In base64 this stays below the 1 MB at which desktop
clients cut a whole result."""

Block = dict[str, Any]
"""A content block as MCP writes it."""


@dataclass(frozen=True, slots=True)
class _Described:
    """Bytes, and the words that stand for them where they cannot be seen or heard.

    Attributes:
        alt: what it shows or says, in a sentence; sent before it as text. Never text that somebody outside wrote.
        mime_type: such as ``image/png``.
    """

    data: bytes
    alt: str
    mime_type: str

    kind: ClassVar[str]

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data)

    @property
    def blocks(self) -> list[Block]:
        """The words, then the thing itself."""
        block = {"type": self.kind, "data": _base64(self.data), "mimeType": self.mime_type}
        return [{"type": "text", "text": self.alt}, block] if self.alt else [block]


@dataclass(frozen=True, slots=True)
class Image(_Described):
    """A picture, and the sentence that says what it shows."""

    mime_type: str = "image/png"

    kind: ClassVar[str] = "image"


@dataclass(frozen=True, slots=True)
class Audio(_Described):
    """A recording, and the sentence that says what is to be heard."""

    mime_type: str = "audio/wav"

    kind: ClassVar[str] = "audio"


@dataclass(frozen=True, slots=True)
class EmbeddedResource:
    """The contents of a resource, sent along to save the client the reading of it.

    Attributes:
        uri: the resource's own.
        contents: text, or bytes for what is not text. What somebody outside wrote is fenced first (`Untrusted.fence`).
        mime_type: ``text/plain`` unless said otherwise.
    """

    uri: str
    contents: str | bytes
    mime_type: str = "text/plain"

    @property
    def alt(self) -> str:
        """What stands for it where it is left out."""
        return self.uri

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.contents.encode() if isinstance(self.contents, str) else self.contents)

    @property
    def blocks(self) -> list[Block]:
        """The resource alone: its contents speak for themselves."""
        resource = {"uri": self.uri, "mimeType": self.mime_type, **resource_contents(self.contents)}
        return [{"type": "resource", "resource": resource}]


Attachment = Image | Audio | EmbeddedResource


@dataclass(frozen=True, slots=True)
class WithAttachments(Generic[T]):
    """A result with something to see or hear. ``-> WithAttachments[Forecast]`` has the schema, structure and text of
    ``-> Forecast``, and the attachments after them; an empty text with attachments leaves these alone.

    An attachment that does not fit into what is left of `ATTACHMENTS_BUDGET` is left out, and the result says so.
    """

    value: T
    attachments: Sequence[Attachment] = ()


def within_budget(attachments: Sequence[Attachment]) -> tuple[tuple[Attachment, ...], list[str]]:
    """The attachments that fit, and a sentence for each that does not."""
    left = ATTACHMENTS_BUDGET
    kept: list[Attachment] = []
    notices: list[str] = []
    for attachment in attachments:
        if attachment.size <= left:
            kept.append(attachment)
            left -= attachment.size
        else:
            rule = f"The attachments of one result have at most {ATTACHMENTS_BUDGET}."
            notices.append(f"Left out: {attachment.alt.rstrip('.')} ({attachment.size} bytes). {rule}")
    return tuple(kept), notices


def content_blocks(text: str, attachments: Sequence[Attachment]) -> list[Block]:
    """A result as content blocks: its text, where there is some or nothing else, and the attachments."""
    first = [{"type": "text", "text": text}] if text or not attachments else []
    return [*first, *(block for attachment in attachments for block in attachment.blocks)]


def resource_contents(contents: str | bytes) -> Block:
    """The `text` or `blob` of a resource."""
    return {"text": contents} if isinstance(contents, str) else {"blob": _base64(contents)}


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
