"""Content blocks of results: text, images, audio and embedded resources."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

from servicekit.schema.marks import Author

T = TypeVar("T")

ATTACHMENTS_BUDGET: Final = 512 * 1024
"""Maximum bytes of all attachments of one result. In base64 this is below 1 MB, where desktop clients cut a result."""

Block = dict[str, Any]
"""A content block in MCP's JSON form."""


@dataclass(frozen=True, slots=True)
class _Media:
    """Binary content with alternative text.

    Attributes:
        alt: a sentence that describes it, sent before it as text. Never untrusted text.
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
        """The alternative text and the content."""
        block = {"type": self.kind, "data": _base64(self.data), "mimeType": self.mime_type}
        return [{"type": "text", "text": self.alt}, block] if self.alt else [block]


@dataclass(frozen=True, slots=True)
class Image(_Media):
    """An image with alternative text."""

    mime_type: str = "image/png"

    kind: ClassVar[str] = "image"


@dataclass(frozen=True, slots=True)
class Audio(_Media):
    """A recording with alternative text."""

    mime_type: str = "audio/wav"

    kind: ClassVar[str] = "audio"


@dataclass(frozen=True, slots=True)
class EmbeddedResource:
    """The contents of a resource, embedded so that the client need not read it.

    Attributes:
        uri: the URI of the resource.
        contents: text or bytes. Fence untrusted text first (`Untrusted.fence`).
    """

    uri: str
    contents: str | bytes
    mime_type: str = "text/plain"

    @property
    def alt(self) -> str:
        """The name in the notice when it does not fit."""
        return self.uri

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.contents.encode() if isinstance(self.contents, str) else self.contents)

    @property
    def blocks(self) -> list[Block]:
        """The embedded resource."""
        resource = {"uri": self.uri, "mimeType": self.mime_type, **resource_contents(self.contents)}
        return [{"type": "resource", "resource": resource}]


@dataclass(frozen=True, slots=True)
class TypedContents:
    """The contents of a resource that have a type of their own, such as an uploaded file.

    Attributes:
        contents: text, which is marked as its author's, or bytes.
        author: the kind of the author of a text.
    """

    contents: str | bytes
    mime_type: str
    author: Author


Attachment = Image | Audio | EmbeddedResource


@dataclass(frozen=True, slots=True)
class WithAttachments(Generic[T]):
    """A result with attachments.

    ``-> WithAttachments[Forecast]`` has the schema, structure and text of ``-> Forecast``, followed by the attachments.
    Empty text is omitted.

    An attachment beyond `ATTACHMENTS_BUDGET` is dropped with a notice.
    """

    value: T
    attachments: Sequence[Attachment] = ()


def within_budget(attachments: Sequence[Attachment]) -> tuple[tuple[Attachment, ...], list[str]]:
    """The attachments that fit, and a notice for each that does not."""
    left = ATTACHMENTS_BUDGET
    kept: list[Attachment] = []
    notices: list[str] = []
    for attachment in attachments:
        if attachment.size <= left:
            kept.append(attachment)
            left -= attachment.size
        else:
            rule = f"The limit for all attachments of a result is {ATTACHMENTS_BUDGET} bytes."
            notices.append(f"Omitted: {attachment.alt.rstrip('.')} ({attachment.size} bytes). {rule}")
    return tuple(kept), notices


def content_blocks(text: str, attachments: Sequence[Attachment]) -> list[Block]:
    """The content blocks of a result. Empty text is omitted if there are attachments."""
    first = [{"type": "text", "text": text}] if text or not attachments else []
    return [*first, *(block for attachment in attachments for block in attachment.blocks)]


def resource_contents(contents: str | bytes) -> Block:
    """The `text` or `blob` field of a resource."""
    return {"text": contents} if isinstance(contents, str) else {"blob": _base64(contents)}


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
