"""The new bytes of a changed file. What a change does not name stays as it is: line endings, byte order mark, mode."""

import base64
from codecs import BOM_UTF8
from dataclasses import dataclass

from github_mcp.models.changes import FileChange
from github_mcp.models.contents import text_of
from servicekit.core import Refused
from servicekit.schema import apply_edits, with_endings_of

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to commit.

    Attributes:
        notice: what was kept of the present file though the new content does not have it.
    """

    content: bytes
    notice: str | None = None


def new_file(change: FileChange, present: bytes | None) -> NewFile:
    """The file after the change, which has `edits` or `content`.

    Args:
        present: the bytes of the present file; None if it does not exist.

    Raises:
        Refused: the edits do not fit the file, or the content is no base64.
    """
    if change.edits is not None:
        return NewFile(_edited(change, present))
    content = change.content or ""
    if change.base64:
        return NewFile(_decoded(change.path, content))
    before = _text(present) if present is not None else None
    return NewFile(content.encode()) if before is None else _rewritten(change.path, before, content)


def _edited(change: FileChange, present: bytes | None) -> bytes:
    before = _text(present) if present is not None else None
    if before is None:
        raise Refused(
            f"{change.path} is not UTF-8 text, so `edits` cannot apply. Give the whole file as base64 content."
        )
    return apply_edits(before, change.edits or (), change.path).encode()


def _rewritten(path: str, before: str, content: str) -> NewFile:
    """The new text with the byte order mark and the line endings of the old one."""
    notices: list[str] = []
    bare = before.removeprefix(_BOM)
    after = with_endings_of(bare, content.removeprefix(_BOM))
    if after.count("\r\n") != content.count("\r\n"):
        notices.append("line endings as in the present file")
    if bare is not before and not content.startswith(_BOM):
        if content == bare:  # nothing but the byte order mark changes: that is the change
            return NewFile(content.encode())
        after = _BOM + after
        notices.append("byte order mark kept")
    elif content.startswith(_BOM):
        after = _BOM + after
    if bare.endswith("\n") and after and not after.endswith("\n"):
        notices.append("without a line break at the end, which the file had")
    return NewFile(after.encode(), f"{path}: {', '.join(notices)}." if notices else None)


def _text(content: bytes) -> str | None:
    """A file as text, with its byte order mark; None if it is not UTF-8 text."""
    text = text_of(content)
    return _BOM + text if text is not None and content.startswith(BOM_UTF8) else text


def decoded(content: str) -> bytes:
    """The bytes of base64 content, in which white space is allowed.

    Raises:
        ValueError: it is not base64.
    """
    return base64.b64decode("".join(content.split()), validate=True)


def _decoded(path: str, content: str) -> bytes:
    try:
        return decoded(content)
    except ValueError:
        raise Refused(f"The content of {path} is not base64. For text leave `base64` out.") from None
