"""A file or directory as a result: a part of a text, the entries of a listing, or only a size."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from github_mcp.models.excerpts import part_from
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories import Contents, Entry

_MOST_ENTRIES: Final = 1000
"""Entries of a directory that GitHub lists, however many there are."""
_LOOKED_AT: Final = 8000
"""Bytes in which a NUL says that a file is not text; git looks at as many."""


def text_of(content: bytes) -> str | None:
    """A file as text; None where it is not text in UTF-8."""
    if b"\0" in content[:_LOOKED_AT]:
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
    """A file from one line on, as far as a result holds it; one that is not text by its size alone."""
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
            notice="Not text in UTF-8; the resource has its bytes.",
            whole=whole,
        )
    part = part_from(text, from_line)
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
        notice=part.notice(f"go on with from_line={part.last + 1}, or read {whole}"),
        whole=whole if part.is_cut else None,
    )


def directory(repository: RepositoryName, path: str, ref: str, entries: Sequence[Entry]) -> Contents:
    """A listing."""
    notice = (
        "There may be more: get_repository_tree with this path lists all." if len(entries) >= _MOST_ENTRIES else None
    )
    return Contents(
        repository=repository.full, path=path, ref=ref, type="directory", entries=list(entries), notice=notice
    )


def unreadable(repository: RepositoryName, path: str, ref: str, target: str | None) -> Contents:
    """Neither: a submodule, or a link that leads to no file of the repository."""
    notice = "Neither a file nor a directory: a submodule, or a link."
    return Contents(repository=repository.full, path=path, ref=ref, type="other", target=target, notice=notice)
