"""Commits, trees, blobs and refs."""

import base64
from datetime import UTC, datetime
from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.git_store import Entry, FileChange
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import node_id, time_of, user
from devkit.simulators.github.world import World

_UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def git_commit(urls: Urls, repository: Repository, sha: str) -> dict[str, Any]:
    """`git-commit`, of the Git data API."""
    commit = repository.git.commit(sha)
    tree = commit.tree.decode()
    return {
        "sha": sha,
        "node_id": node_id("Commit", int(sha[:8], 16)),
        "url": urls.repository(repository, "git", "commits", sha),
        "html_url": urls.page(repository, "commit", sha),
        "author": _person(commit.author, commit.author_time),
        "committer": _person(commit.committer, commit.commit_time),
        "tree": {"sha": tree, "url": urls.repository(repository, "git", "trees", tree)},
        "message": commit.message.decode(errors="replace").rstrip("\n"),
        "parents": [
            {
                "sha": parent.decode(),
                "url": urls.repository(repository, "git", "commits", parent.decode()),
                "html_url": urls.page(repository, "commit", parent.decode()),
            }
            for parent in commit.parents
        ],
        "verification": _UNSIGNED,
    }


def commit_object(urls: Urls, world: World, repository: Repository, sha: str) -> dict[str, Any]:
    """`commit`, for lists."""
    plain = git_commit(urls, repository, sha)
    login = plain["author"]["email"].partition("@")[0]
    account = world.account(login)
    person = user(urls, account) if account is not None else None
    own = urls.repository(repository, "commits", sha)
    inner = {name: plain[name] for name in ("author", "committer", "message", "tree", "verification")}
    return {
        "sha": sha,
        "node_id": plain["node_id"],
        "commit": {**inner, "url": plain["url"], "comment_count": 0},
        "url": own,
        "html_url": plain["html_url"],
        "comments_url": f"{own}/comments",
        "author": person,
        "committer": person,
        "parents": [
            {**parent, "url": urls.repository(repository, "commits", parent["sha"])} for parent in plain["parents"]
        ],
    }


def changed_file(urls: Urls, repository: Repository, sha: str, change: FileChange) -> dict[str, Any]:
    """`diff-entry`."""
    entry = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": urls.page(repository, "blob", sha, change.path),
        "raw_url": urls.page(repository, "raw", sha, change.path),
        "contents_url": f"{urls.repository(repository, 'contents', change.path)}?ref={sha}",
    }
    if change.previous_path is not None:
        entry["previous_filename"] = change.previous_path
    if not change.binary and "@@" in change.patch:
        entry["patch"] = change.patch[change.patch.find("@@") :].rstrip("\n")
    return entry


def blob_object(urls: Urls, repository: Repository, sha: str, data: bytes) -> dict[str, Any]:
    """`blob`. GitHub breaks the base64 into lines."""
    return {
        "sha": sha,
        "node_id": node_id("Blob", int(sha[:8], 16)),
        "size": len(data),
        "url": urls.repository(repository, "git", "blobs", sha),
        "content": base64.encodebytes(data).decode(),
        "encoding": "base64",
    }


def tree_object(urls: Urls, repository: Repository, tree: Entry, entries: list[Entry]) -> dict[str, Any]:
    """`git-tree`; paths are relative to the tree."""
    skip = len(tree.path) + 1 if tree.path else 0
    return {
        "sha": tree.sha,
        "url": urls.repository(repository, "git", "trees", tree.sha),
        "tree": [_tree_entry(urls, repository, entry, entry.path[skip:]) for entry in entries],
        "truncated": False,
    }


def _tree_entry(urls: Urls, repository: Repository, entry: Entry, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "path": path,
        "mode": f"{entry.mode:06o}",
        "type": entry.kind,
        "sha": entry.sha,
        "url": urls.repository(repository, "git", f"{entry.kind}s", entry.sha),
    }
    if entry.kind == "blob":
        found["size"] = len(repository.git.blob(entry.sha))
    return found


def ref_object(urls: Urls, repository: Repository, name: str, sha: str) -> dict[str, Any]:
    """`git-ref`."""
    return {
        "ref": name,
        "node_id": node_id("Ref", int(sha[:8], 16)),
        "url": urls.repository(repository, "git", name),
        "object": {"type": "commit", "sha": sha, "url": urls.repository(repository, "git", "commits", sha)},
    }


def _person(who: bytes, when: int) -> dict[str, Any]:
    name, _, address = who.decode(errors="replace").rpartition(" <")
    return {"name": name, "email": address.rstrip(">"), "date": time_of(datetime.fromtimestamp(when, UTC))}
