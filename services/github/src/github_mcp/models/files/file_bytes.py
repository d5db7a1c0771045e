"""The new bytes of a changed file. What a change does not name stays as it is: line endings, encoding, mode."""

import base64
from dataclasses import dataclass

from github_mcp.models.changes import FileChange
from github_mcp.models.files.lfs import pointer_in
from github_mcp.models.files.text_files import NotInEncoding, TextFile, text_file
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
        Refused: the edits do not fit the file, the content is no base64, or the file is in LFS storage.
    """
    made = _changed(change, present)
    pointer = pointer_in(present) if present is not None else None
    if pointer is not None and pointer_in(made.content) is None:
        raise Refused(
            f"{change.path} is a Git LFS pointer: the file itself has {pointer.size} bytes and is in LFS storage, to "
            "which GitHub's API does not write. Nothing was written. Change it in a clone with git lfs."
        )
    return made


def new_link(change: FileChange, present: bytes | None) -> NewFile:
    """A symbolic link after the change: its content is its target, without a line break at its end.

    Raises:
        Refused: the target is empty, or the edits do not fit it.
    """
    made = _changed(change, present).content.rstrip(b"\r\n")
    if not made or b"\0" in made:
        raise Refused(f"The target of the symbolic link {change.path} is empty. Give a path such as ../docs/index.md.")
    return NewFile(made)


def _changed(change: FileChange, present: bytes | None) -> NewFile:
    before = text_file(present) if present is not None else None
    if change.edits is not None:
        if before is None:
            raise Refused(
                f"{change.path} is a binary file, so `edits` cannot apply. Give the whole file as base64 content."
            )
        mark = _BOM if before.mark else ""
        after = apply_edits(mark + before.text, change.edits, change.path)
        return NewFile(_encoded(before, after, change.path))
    content = change.content or ""
    if change.base64:
        return NewFile(_decoded(change.path, content))
    return NewFile(content.encode()) if before is None else _rewritten(change.path, before, content)


def _encoded(form: TextFile, text: str, path: str) -> bytes:
    """A text that may begin with a byte order mark, in the encoding of the present file."""
    try:
        return form.encoded(text)
    except NotInEncoding as error:
        raise Refused(
            f"{path} is {form.encoding}, and {error} is not in that encoding. Nothing was written. Use other "
            "characters, or give the whole file as base64 content."
        ) from None


def _rewritten(path: str, before: TextFile, content: str) -> NewFile:
    """The new text with the encoding, the byte order mark and the line endings of the old one."""
    notices: list[str] = []
    bare, has_mark = content.removeprefix(_BOM), content.startswith(_BOM)
    if bare == before.text and (before.encoding or (before.mark and not has_mark)):
        return NewFile(content.encode())  # nothing but the encoding or the byte order mark changes: that is the change
    after = with_endings_of(before.text, bare)
    if after.count("\r\n") != bare.count("\r\n"):
        notices.append("line endings as in the present file")
    mark = _BOM if before.mark or has_mark else ""
    if before.mark and not has_mark and not before.encoding:
        notices.append("byte order mark kept")
    if before.text.endswith("\n") and after and not after.endswith("\n"):
        notices.append("without a line break at the end, which the file had")
    try:
        made = before.encoded(mark + after)
    except NotInEncoding as error:
        notices.append(f"written as UTF-8: it was {before.encoding}, which lacks {error}")
        made = after.encode()
    else:
        if before.encoding and not after.isascii():
            notices.append(f"still {before.encoding}")
    return NewFile(made, f"{path}: {', '.join(notices)}." if notices else None)


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
