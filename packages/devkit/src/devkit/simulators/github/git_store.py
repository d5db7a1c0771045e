"""A bare git repository on disk, which the API reads and writes and `git clone` copies."""

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import cast

from dulwich.diff_tree import RenameDetector, tree_changes
from dulwich.graph import find_merge_base
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.patch import write_object_diff
from dulwich.refs import Ref
from dulwich.repo import Repo

_SHA = re.compile("[0-9a-f]{40}")
FILE_MODE = 0o100644
TREE_MODE = 0o040000
LINK_MODE = 0o120000
SUBMODULE_MODE = 0o160000


@dataclass(frozen=True)
class Entry:
    """An entry of a tree."""

    path: str
    mode: int
    sha: str

    @property
    def kind(self) -> str:
        """``tree``, ``blob`` or ``commit`` (a submodule), as the API calls them."""
        return "tree" if stat.S_ISDIR(self.mode) else "commit" if self.mode == SUBMODULE_MODE else "blob"


@dataclass(frozen=True)
class FileChange:
    """One file that differs between two commits."""

    path: str
    status: str
    sha: str
    patch: str
    additions: int
    deletions: int
    binary: bool
    previous_path: str | None = None


class GitStore:
    """Objects and refs. SHAs are hexadecimal strings outside this class."""

    def __init__(self, path: Path, default_branch: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.repo = Repo.init_bare(str(path), mkdir=True, default_branch=default_branch.encode())
        self._changes: dict[tuple[str | None, str], list[FileChange]] = {}

    def object(self, sha: str) -> Blob | Tree | Commit | None:
        """The object with that SHA, or None."""
        if not _SHA.fullmatch(sha) or _id(sha) not in self.repo.object_store:
            return None
        found = self.repo.object_store[_id(sha)]
        return found if isinstance(found, Blob | Tree | Commit) else None

    def commit(self, sha: str) -> Commit:
        """A commit. Raises `KeyError` if it does not exist."""
        found = self.object(sha)
        if not isinstance(found, Commit):
            raise KeyError(sha)
        return found

    def refs(self) -> dict[str, str]:
        """Every branch and tag: full name to SHA, sorted."""
        found = {name.decode(): sha.decode() for name, sha in self.repo.refs.as_dict().items() if name != b"HEAD"}
        return dict(sorted(found.items()))

    def branches(self) -> dict[str, str]:
        """Branch name to SHA."""
        return {name.removeprefix("refs/heads/"): sha for name, sha in self.refs().items() if "/heads/" in name}

    def delete_ref(self, name: str) -> None:
        """Remove a branch or tag."""
        del self.repo.refs[Ref(name.encode())]

    def set_default_branch(self, name: str) -> None:
        """Point HEAD at a branch, which may not exist yet."""
        self.repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(f"refs/heads/{name}".encode()))

    def take(self, other: "GitStore") -> None:
        """Copy the objects of another repository, as forks of one network share theirs."""
        own, others = self.repo.object_store, other.repo.object_store
        if own is not others:  # one by one: a pack would stay open
            for name in set(others) - set(own):
                own.add_object(others[name])

    @property
    def is_empty(self) -> bool:
        """Whether there is no branch yet."""
        return not self.branches()

    def set_ref(self, name: str, sha: str) -> None:
        """Point a full ref name at a commit."""
        self.repo.refs[Ref(name.encode())] = _id(sha)

    def add_tag(self, name: str, sha: str, message: str, tagger: str, when: datetime) -> str:
        """Store an annotated tag of a commit and its ref; returns the tag's SHA."""
        tag = Tag()
        tag.name, tag.message, tag.tagger = name.encode(), message.encode(), tagger.encode()
        tag.object = (Commit, _id(sha))
        tag.tag_time, tag.tag_timezone = int(when.timestamp()), 0
        self.repo.object_store.add_object(tag)
        self.set_ref(f"refs/tags/{name}", tag.id.decode())
        return tag.id.decode()

    def tag(self, sha: str) -> Tag | None:
        """The annotated tag with that SHA, or None."""
        found = self.repo.object_store[_id(sha)]
        return found if isinstance(found, Tag) else None

    def commit_of(self, sha: str) -> str:
        """The commit of a ref's target, which may be an annotated tag."""
        tag = self.tag(sha)
        return sha if tag is None else tag.object[1].decode()

    def resolve(self, name: str) -> str | None:
        """The commit of a branch, tag, full ref or (abbreviated) SHA."""
        refs = self.refs()
        if name == "HEAD":
            head = self.repo.refs.as_dict().get(Ref(b"HEAD"))
            return head.decode() if head is not None else None
        for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
            if candidate in refs:
                return self.commit_of(refs[candidate])
        if 7 <= len(name) <= 40 and set(name) <= set("0123456789abcdef"):
            if len(name) == 40:
                return name if isinstance(self.object(name), Commit) else None
            matches = {commit for head in refs.values() for commit in self.history(head) if commit.startswith(name)}
            return matches.pop() if len(matches) == 1 else None
        return None

    def entry(self, commit: str, path: str) -> Entry | None:
        """The entry at a path of a commit; the root for an empty path."""
        entry = Entry("", TREE_MODE, self.commit(commit).tree.decode())
        for part in filter(None, path.split("/")):
            tree = self.object(entry.sha)
            if not isinstance(tree, Tree) or part.encode() not in tree:
                return None
            mode, sha = tree[part.encode()]
            entry = Entry(f"{entry.path}/{part}".lstrip("/"), mode, sha.decode())
        return entry

    def children(self, tree: Entry) -> list[Entry]:
        """The entries of a directory."""
        found = cast("Tree", self.object(tree.sha))
        prefix = f"{tree.path}/" if tree.path else ""
        return [Entry(f"{prefix}{name.decode()}", mode, sha.decode()) for name, mode, sha in found.iteritems()]

    def walk(self, tree: Entry) -> Iterator[Entry]:
        """All entries below a directory, including directories, as `recursive=1` lists them."""
        for entry in self.children(tree):
            yield entry
            if entry.kind == "tree":
                yield from self.walk(entry)

    def files(self, commit: str) -> dict[str, tuple[int, str]]:
        """Every file of a commit: path to mode and SHA."""
        store, tree = self.repo.object_store, self.commit(commit).tree
        return {
            entry.path.decode(): (entry.mode or 0, entry.sha.decode() if entry.sha else "")
            for entry in iter_tree_contents(store, tree)
            if entry.path
        }

    def blob(self, sha: str) -> bytes:
        """The bytes of a file."""
        return cast("Blob", self.object(sha)).data

    def add_blob(self, content: bytes) -> str:
        """Store a file; returns its SHA."""
        blob = Blob.from_string(content)
        self.repo.object_store.add_object(blob)
        return blob.id.decode()

    def add_tree(self, changes: Mapping[str, tuple[int, str] | None], base: str | None = None) -> str:
        """Store a copy of the tree `base` with some paths set, or removed if None; returns its SHA.

        Raises:
            KeyError: a removed path is missing, or is a directory.
        """
        root = cast("Tree", self.object(base)) if base else Tree()
        tree = Tree.from_string(root.as_raw_string()) if base else root
        below: dict[str, dict[str, tuple[int, str] | None]] = {}
        for path, change in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = change
            elif change is None:
                if stat.S_ISDIR(tree[name.encode()][0]):
                    raise KeyError(name)
                del tree[name.encode()]
            else:
                tree.add(name.encode(), change[0], _id(change[1]))
        for name, inner in below.items():
            key = name.encode()
            known = tree[key][1].decode() if key in tree and stat.S_ISDIR(tree[key][0]) else None
            sha = self.add_tree(inner, known)
            if len(cast("Tree", self.object(sha))):
                tree.add(key, TREE_MODE, _id(sha))
            else:
                del tree[key]
        self.repo.object_store.add_object(tree)
        return tree.id.decode()

    def add_commit(self, tree: str, parents: Sequence[str], message: str, author: str, when: datetime) -> str:
        """Store a commit; `author` is ``Name <address>``. Returns its SHA."""
        commit = Commit()
        commit.tree = _id(tree)
        commit.parents = [_id(parent) for parent in parents]
        commit.author = commit.committer = author.encode()
        commit.author_time = commit.commit_time = int(when.timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = message.encode()
        self.repo.object_store.add_object(commit)
        return commit.id.decode()

    def history(self, head: str, path: str | None = None, most: int | None = None) -> Iterator[str]:
        """The history of a commit, newest first; with `path`, only commits that touch it."""
        paths = [path.encode()] if path else None
        walker = self.repo.get_walker(include=[_id(head)], paths=paths)
        yield from islice((entry.commit.id.decode() for entry in walker), most)

    def only_in(self, head: str, other: str) -> list[str]:
        """The commits that `head` has and `other` lacks, newest first."""
        known = set(self.history(other))
        return [sha for sha in self.history(head) if sha not in known]

    def share_history(self, one: str, other: str) -> bool:
        """Whether two commits have a common ancestor."""
        return bool(find_merge_base(self.repo, [_id(one), _id(other)]))

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor."""
        return find_merge_base(self.repo, [_id(one), _id(other)])[0].decode()

    def changes(self, old: str | None, new: str) -> list[FileChange]:
        """The files that differ between two commits; all files of `new` if `old` is None."""
        if (old, new) not in self._changes:  # the pages of one large commit follow each other
            self._changes = {(old, new): self._compared(old, new)}
        return self._changes[old, new]

    def _compared(self, old: str | None, new: str) -> list[FileChange]:
        store = self.repo.object_store
        before = self.commit(old).tree if old else None
        found = []
        for change in tree_changes(store, before, self.commit(new).tree, rename_detector=RenameDetector(store)):
            text = BytesIO()
            sides = [
                (side.path, side.mode, side.sha) if side is not None else (None, None, None)
                for side in (change.old, change.new)
            ]
            write_object_diff(text, store, sides[0], sides[1])
            patch = text.getvalue().decode(errors="replace")
            body = patch[patch.find("@@") :].splitlines() if "\n@@" in patch else []
            side = change.new or change.old
            found.append(
                FileChange(
                    path=side.path.decode() if side and side.path else "",
                    status={"add": "added", "delete": "removed", "rename": "renamed"}.get(change.type, "modified"),
                    sha=side.sha.decode() if side and side.sha else "",
                    patch=patch,
                    additions=sum(line.startswith("+") for line in body),
                    deletions=sum(line.startswith("-") for line in body),
                    binary="\nBinary files " in patch,
                    previous_path=change.old.path.decode() if change.type == "rename" and change.old else None,
                )
            )
        return found


def _id(sha: str) -> ObjectID:
    return ObjectID(sha.encode())
