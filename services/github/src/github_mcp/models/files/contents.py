"""Builds the result for what is at a path: lines or bytes of a file, or the entries of a directory."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from github_mcp.models.excerpts import Part, part_from, start_of_line
from github_mcp.models.files.file_ranges import LARGEST_PART, BytesOf, LinesOf
from github_mcp.models.files.lfs import pointer_in
from github_mcp.models.files.text_files import TextFile, text_file
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.repositories import Contents, ContentType, Entry

WHOLE: Final = 4 * 1024 * 1024
"""Bytes of a file, diff or log read as a resource."""
_MOST_ENTRIES: Final = 1000
"""Most entries of a directory that GitHub lists."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file was read.

    Attributes:
        ref: branch, tag or commit.
        size: in bytes.
        target: path of the file, if the requested path is a symbolic link to it.
    """

    repository: RepositoryName
    path: str
    ref: str
    size: int
    sha: str | None = None
    target: str | None = None

    def result(self, kind: ContentType, notices: Sequence[str | None] = (), **parts: Any) -> Contents:
        """A result; empty notices are left out."""
        link = "The path is a symbolic link: to change the file, name the path in `target`." if self.target else None
        about: dict[str, Any] = {"repository": self.repository.full, "path": self.path, "ref": self.ref}
        about |= {"size": self.size, "sha": self.sha, "target": self.target, **parts}
        return Contents(type=kind, notice=" ".join(filter(None, [*notices, link])) or None, **about)

    @property
    def whole(self) -> str | None:
        """The URI of the file as a resource; None for a file that is too large for one."""
        if self.size > WHOLE:
            return None
        return f"repo://{self.repository.full}/{quote(self.ref, safe='')}/contents/{quote(self.path)}"

    def next_step(self, position: str) -> str:
        """How to read on, at a position in words."""
        return f"continue with {position}" + (f", or read {self.whole}" if self.whole else "")


def lines(place: Place, content: bytes, from_line: int, to_line: int | None) -> Contents:
    """The lines of a file from `from_line` on, up to the size limit of a result; of a binary file only the size."""
    if (pointer := pointer_in(content)) is not None:
        notice = (
            f"A Git LFS pointer: the file itself has {pointer.size} bytes and is in LFS storage, which GitHub's API "
            "does not read. Get it with git lfs pull in a clone."
        )
        return place.result("lfs", [notice], target=pointer.oid, stored_size=pointer.size)
    form = text_file(content)
    if form is None:
        return _binary(place)
    part = part_from(form.text, from_line, last=to_line)
    rest = len(form.mark)
    if part.is_broken:
        rest += len(form.encoded(form.text[: start_of_line(form.text, from_line)] + part.text))
    return _of_lines(place, part, to_line, rest, _form_of(form))


def large_lines(place: Place, found: LinesOf, to_line: int | None) -> Contents:
    """The same, of a file that was not read whole."""
    form = found.form()
    if form is None or form.codec.startswith("utf-16"):
        return _binary(place)
    form, part = found.part(form, is_ended=found.size >= place.size)
    encoding = f"The file is {form.encoding}." if form.encoding else None
    return _of_lines(place, part, to_line, found.offset + len(form.encoded(part.text)), encoding)


def byte_part(place: Place, found: BytesOf) -> Contents:
    """A range of bytes: as text if the file is text, otherwise as base64."""
    first, kept = found.first, found.kept
    if first >= place.size:
        return place.result("binary", [f"[the range begins beyond the end: the file has {place.size} bytes]"])
    form = found.form()
    text = None
    if form is not None and form.codec == "utf-8":
        text, first, kept = _aligned(first, kept)
    if text is not None:
        text = part_from(text, 1, last=len(kept)).text
        kept = text.encode()
    last = first + len(kept) - 1
    shown = f"[bytes {first} to {last} of {place.size}"
    more = f"; {place.next_step(f'bytes={last + 1}-{min(last + LARGEST_PART, place.size - 1)}')}"
    notice = f"{shown}{more if last + 1 < place.size else ''}]"
    parts = {"first_byte": first, "last_byte": last}
    if text is None:
        return place.result("binary", [notice], base64=base64.b64encode(kept).decode(), **parts)
    return place.result("file", [notice], text=text, **parts)


def _aligned(first: int, kept: bytes) -> tuple[str | None, int, bytes]:
    """The bytes as UTF-8 without the parts of characters at both ends, and where they begin; None if they are not."""
    start = next((at for at in range(min(4, len(kept))) if kept[at] & 0xC0 != 0x80), 0)
    for end in range(len(kept), max(len(kept) - 4, start), -1):
        try:
            return kept[start:end].decode(), first + start, kept[start:end]
        except UnicodeDecodeError:
            continue
    return None, first, kept


def _binary(place: Place) -> Contents:
    notice = f"No text that can be shown. Read its bytes with bytes=0-{min(LARGEST_PART, max(place.size, 1)) - 1}"
    whole = place.whole
    return place.result(
        "binary", [f"{notice}, or all with the resource in `whole`." if whole else f"{notice}."], whole=whole
    )


def _of_lines(place: Place, part: Part, to_line: int | None, rest: int, about: str | None) -> Contents:
    """Lines of a text file.

    Args:
        rest: position of the first byte after a line that was cut.
        about: the form of the file, in words.
    """
    step = (
        f"bytes={rest}-{min(rest + LARGEST_PART, place.size) - 1}" if part.is_broken else f"from_line={part.last + 1}"
    )
    is_wanted = part.last == to_line and not part.is_broken
    notice = None if is_wanted else part.notice(place.next_step(step))
    return place.result(
        "file",
        [notice, about],
        text=part.text,
        first_line=part.first,
        last_line=part.last,
        total_lines=None if part.is_open else part.total,
        whole=place.whole if part.is_cut else None,
    )


def _form_of(form: TextFile) -> str | None:
    """What a writer should know of a file and cannot see: all of it stays as it is with `edits`."""
    text = form.text
    crlf, count = text.count("\r\n"), text.count("\n")
    said = [
        f"is {form.encoding}" if form.encoding else None,
        "begins with a byte order mark, not shown" if form.mark and not form.encoding else None,
        f"has CRLF line endings in {crlf} of {count} lines, LF in the others" if 0 < crlf < count else None,
        "has CRLF line endings" if crlf and crlf == count else None,
        "has no line break at its end" if text and not text.endswith("\n") else None,
    ]
    known = [words for words in said if words]
    return f"The file {' and '.join(known)}. commit_files keeps that with `edits`." if known else None


def directory(repository: RepositoryName, path: str, ref: str, entries: Sequence[Entry]) -> Contents:
    notice = (
        "There may be more entries. List all with get_repository_tree and this path."
        if len(entries) >= _MOST_ENTRIES
        else None
    )
    return Contents(
        repository=repository.full, path=path, ref=ref, type="directory", entries=list(entries), notice=notice
    )


def unreadable(
    repository: RepositoryName, path: str, ref: str, kind: ContentType, *, sha: str | None, target: str | None
) -> Contents:
    """A submodule, or a symbolic link to something other than a file of the repository."""
    notice = (
        "A submodule: another repository, at the commit in `sha`. Read it in that repository."
        if kind == "submodule"
        else "A symbolic link that does not lead to a file of this repository."
    )
    return Contents(repository=repository.full, path=path, ref=ref, type=kind, sha=sha, target=target, notice=notice)
