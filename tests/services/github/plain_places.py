"""What the second server has: repositories in memory, with a history, and what people wrote in them."""

import json
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

ID = 2**52
WHEN = "2026-03-01T10:00:00+02:00"
LARGE = b"0123456789abcde\n" * 100_000
FIRST = {"README.md": b"# Widget\n", "src/main.py": b"print('hi')\n", "large.txt": LARGE, "empty": b""}


@dataclass
class Place:
    """One repository: files by path in each commit, and what people wrote."""

    name: str
    private: bool
    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, str]] = field(default_factory=dict)
    commits: dict[str, dict[str, Any]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    reviews: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    releases: list[dict[str, Any]] = field(default_factory=list)
    attempt: int = 1

    def blob(self, content: bytes) -> str:
        """Keep a file."""
        self.blobs[sha := sha1(b"blob" + content, usedforsecurity=False).hexdigest()] = content
        return sha

    def tree(self, files: dict[str, str]) -> str:
        """Keep a tree."""
        self.trees[sha := sha1(repr(sorted(files.items())).encode(), usedforsecurity=False).hexdigest()] = files
        return sha

    def commit(self, tree: str, message: str, parents: list[str]) -> str:
        """Keep a commit."""
        made = {"tree": tree, "message": message, "parents": parents}
        self.commits[sha := sha1(json.dumps(made).encode(), usedforsecurity=False).hexdigest()] = made
        return sha

    def at(self, ref: str) -> str | None:
        """The commit that a branch or SHA names."""
        return self.refs.get(ref.removeprefix("heads/")) or (ref if ref in self.commits else None)

    def files(self, ref: str) -> dict[str, str]:
        """Path to blob."""
        return self.trees[self.commits[self.at(ref) or ""]["tree"]]

    def open(self, title: str, body: str | None, **pull: Any) -> dict[str, Any]:
        """An issue or a pull request, by somebody who has left."""
        number = len(self.issues) + 1
        issue = {"number": number, "id": ID + number, "title": title, "state": "open", "body": body, "user": None}
        self.issues.append({**issue, "pull_request": None, "labels": None, "created_at": WHEN, **pull})
        return self.issues[-1]

    def about(self) -> dict[str, Any]:
        """What is said of it in lists."""
        return {"id": ID, "full_name": self.name, "private": self.private, "owner": None, "default_branch": "trunk"}


def places() -> dict[str, Place]:
    """What there is at first."""
    found = {name: Place(name, private) for name, private in (("Tools/widget", False), ("Tools/vault", True))}
    for place in found.values():
        tree = place.tree({path: place.blob(content) for path, content in FIRST.items()})
        place.refs["trunk"] = place.commit(tree, "Begin", [])
        changed = {**place.trees[tree], "README.md": place.blob(b"# Better\n")}
        place.refs["better"] = place.commit(place.tree(changed), "Better", [place.refs["trunk"]])
        for number in range(1, 6):
            place.open(f"Issue {number} of {place.name}", None)
        place.open("Make it better", None, pull_request={}, head="better", base="trunk", merged=None)
    return found


class PlainServer:
    """The server's state, and what was asked.

    Attributes:
        links: names the next page in `Link`; else nothing says that there is one.
        installed: the token is one of an installation, and nobody's.
        lose: the answers to such requests never arrive, though they took effect: method and a part of the path.
    """

    def __init__(self) -> None:
        self.places = places()
        self.url = ""
        self.links = False
        self.installed = True
        self.lose: tuple[str, str] | None = None
        self.asked: list[str] = []

    def count(self, start: str) -> int:
        """How many requests began so."""
        return sum(one.startswith(start) for one in self.asked)
