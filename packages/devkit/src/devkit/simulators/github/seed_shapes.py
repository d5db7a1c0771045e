"""A branch with what a repository can hold besides text files: links, a submodule, an LFS pointer, other encodings.

Its commit has statuses of other services, and no run of GitHub Actions.
"""

from datetime import datetime
from typing import Literal

from devkit.simulators.github.git_store import FILE_MODE, LINK_MODE, SUBMODULE_MODE
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Status
from devkit.simulators.github.world import World

_EXECUTABLE_MODE = 0o100755
_MODULES = (
    b'[submodule "vendor/rockets"]\n\tpath = vendor/rockets\n\turl = https://git.example.com/globex/rockets.git\n'
)
_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"5e" * 32 + b"\nsize 73400320\n"
_FILES = {
    ".gitmodules": (FILE_MODE, _MODULES),
    "bin/run.sh": (_EXECUTABLE_MODE, b"#!/bin/sh\necho run\n"),
    "docs/latin.txt": (FILE_MODE, "Größe\r\nMaß\r\n".encode("latin-1")),
    "links/outside": (LINK_MODE, b"../../elsewhere"),
    "links/readme": (LINK_MODE, b"../README.md"),
    "video/tour.mp4": (FILE_MODE, _POINTER),
}
_STATUSES: tuple[tuple[str, Literal["success", "failure"], str], ...] = (
    ("ci/build", "failure", "2 of 31 pages have dead links"),
    ("docs/preview", "success", "Ready"),
)


def add_shapes(world: World, repository: Repository, author: Account, when: datetime) -> None:
    """Add the branch ``shapes`` to a repository."""
    git = repository.git
    head = git.branches()[repository.default_branch]
    entries = {path: (mode, git.add_blob(content)) for path, (mode, content) in _FILES.items()}
    tree = git.add_tree({**entries, "vendor/rockets": (SUBMODULE_MODE, head)}, git.commit(head).tree.decode())
    made = git.add_commit(tree, [head], "Add files of many shapes", author.as_author, when)
    git.set_ref("refs/heads/shapes", made)
    for context, state, words in _STATUSES:
        url = f"https://ci.example.com/{context}"
        repository.statuses.append(Status(world.new_id(), made, context, state, words, url, when))
