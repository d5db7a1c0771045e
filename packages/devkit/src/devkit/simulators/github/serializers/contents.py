"""Contents: files, directories, symbolic links and submodules at a path."""

import base64
import re
from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.git_store import LINK_MODE, SUBMODULE_MODE, Entry
from devkit.simulators.github.records.repositories import Repository

LARGEST_INLINE = 1024 * 1024
"""Bytes; larger files have an empty `content` (GitHub: get repository content)."""
_MODULE = re.compile(r'\[submodule "[^"]*"\]([^\[]*)')


def content_entry(urls: Urls, repository: Repository, entry: Entry, ref: str) -> dict[str, Any]:
    """One entry of `content-directory`. GitHub lists a submodule with the type ``file``."""
    directory, submodule = entry.kind == "tree", entry.mode == SUBMODULE_MODE
    own = f"{urls.repository(repository, 'contents', entry.path)}?ref={ref}"
    page = urls.page(repository, "tree" if directory or submodule else "blob", ref, entry.path)
    git = urls.repository(repository, "git", "trees" if directory or submodule else "blobs", entry.sha)
    return {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": 0 if directory or submodule else len(repository.git.blob(entry.sha)),
        "url": own,
        "html_url": page,
        "git_url": git,
        "download_url": None if directory or submodule else urls.page(repository, "raw", ref, entry.path),
        "type": "dir" if directory else "symlink" if entry.mode == LINK_MODE else "file",
        "_links": {"self": own, "git": git, "html": page},
    }


def content_file(urls: Urls, repository: Repository, entry: Entry, ref: str) -> dict[str, Any]:
    """`content-file`: content in base64 with 60 columns a line; empty for files over 1 MB."""
    content = repository.git.blob(entry.sha)
    inline = len(content) <= LARGEST_INLINE
    return {
        **content_entry(urls, repository, entry, ref),
        "content": _base64(content) if inline else "",
        "encoding": "base64" if inline else "none",
    }


def content_link(urls: Urls, repository: Repository, entry: Entry, ref: str) -> dict[str, Any]:
    """`content-symlink`, of a link that does not lead to a file of the repository."""
    target = repository.git.blob(entry.sha).decode()
    return {**content_entry(urls, repository, entry, ref), "target": target}


def content_submodule(urls: Urls, repository: Repository, entry: Entry, ref: str, modules: str) -> dict[str, Any]:
    """`content-submodule`.

    Args:
        modules: the text of .gitmodules.
    """
    found = {**content_entry(urls, repository, entry, ref), "type": "submodule", "submodule_git_url": ""}
    for section in _MODULE.findall(modules):
        values = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", section, re.MULTILINE))
        if values.get("path") == entry.path:
            found["submodule_git_url"] = values.get("url", "")
    return found


def _base64(content: bytes) -> str:
    text = base64.b64encode(content).decode()
    return "".join(f"{text[start : start + 60]}\n" for start in range(0, len(text), 60))
