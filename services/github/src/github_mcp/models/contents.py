"""Builds the result for a file or directory: part of a text, entries of a listing, or the size of a binary file."""

from codecs import BOM_UTF8
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from github_mcp.models.excerpts import part_from
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories import Contents, Entry

_MOST_ENTRIES: Final = 1000
"""Most entries of a directory that GitHub lists."""
_BINARY_CHECK: Final = 8000
"""Leading bytes in which a NUL marks a file as binary; git checks as many."""


def text_of(content: bytes) -> str | None:
    """A file as text; None if it is not UTF-8 text."""
    if b"\0" in content[:_BINARY_CHECK]:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def resource_of(repository: RepositoryName, ref: str, path: str) -> str:
    """The URI of a file as a resource."""
    return f"repo://{repository.full}/{quote(ref, safe='')}/contents/{quote(path)}"


def file_part(
    repository: RepositoryName, path: str, ref: str, content: bytes, sha: str | None, from_line: int
) -> Contents:
    """A text file from `from_line` on, up to the size limit of a result; of a binary file only the size."""
    text = text_of(content)
    whole = resource_of(repository, ref, path)
    if text is None:
        return Contents(
            repository=repository.full,
            path=path,
            ref=ref,
            type="binary",
            size=len(content),
            sha=sha,
            notice="Not UTF-8 text. Read the resource in `whole` for its bytes.",
            whole=whole,
        )
    part = part_from(text, from_line)
    notices = [part.notice(f"continue with from_line={part.last + 1}, or read {whole}"), _form_of(content, text)]
    return Contents(
        repository=repository.full,
        path=path,
        ref=ref,
        type="file",
        size=len(content),
        sha=sha,
        text=part.text,
        first_line=part.first,
        last_line=part.last,
        total_lines=part.total,
        notice=" ".join(filter(None, notices)) or None,
        whole=whole if part.is_cut else None,
    )


def _form_of(content: bytes, text: str) -> str | None:
    """What a writer should know of a file and cannot see: all of it stays as it is with `edits`."""
    crlf, lines = text.count("\r\n"), text.count("\n")
    said = [
        "begins with a byte order mark, not shown" if content.startswith(BOM_UTF8) else None,
        f"has CRLF line endings in {crlf} of {lines} lines, LF in the others" if 0 < crlf < lines else None,
        "has CRLF line endings" if crlf and crlf == lines else None,
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


def unreadable(repository: RepositoryName, path: str, ref: str, target: str | None) -> Contents:
    """A submodule, or a symbolic link to something other than a file of the repository."""
    notice = "Neither a file nor a directory: a submodule or a symbolic link."
    return Contents(repository=repository.full, path=path, ref=ref, type="other", target=target, notice=notice)
