"""Commits, and who last changed the lines of a file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from dulwich.annotate import annotate_lines
from dulwich.objects import ObjectID

from devkit.simulators.github.graphql.core import commit_node
from devkit.simulators.github.graphql.nodes import Fields, Finders, Graph, GraphError, Node, account_node
from devkit.simulators.github.serializers.accounts import time_of
from devkit.simulators.github.serializers.commits import git_commit


def _author(node: Node, graph: Graph) -> dict[str, Any]:
    author = git_commit(graph.request.urls, node.of, node.record)["author"]
    account = graph.request.world.account(author["email"].partition("@")[0])
    user = account_node(account) if account is not None and account.kind == "User" else None
    return {**author, "user": user}


def _message(node: Node) -> str:
    message: str = node.of.git.commit(node.record).message.decode(errors="replace")
    return message.rstrip("\n")


def _committed(node: Node) -> str | None:
    return time_of(datetime.fromtimestamp(node.of.git.commit(node.record).commit_time, UTC))


def _blame(node: Node, _: Graph, *, path: str) -> dict[str, Any]:
    entry = node.of.git.entry(node.record, path)
    if entry is None or entry.kind != "blob":
        raise GraphError("NOT_FOUND", f"Could not resolve file for path '{path}'.")
    return {"ranges": list(_ranges(node, path))}


def _ranges(node: Node, path: str) -> Iterator[dict[str, Any]]:
    store = node.of.git.repo.object_store
    lines = annotate_lines(store, ObjectID(node.record.encode()), path.encode())
    number = 1
    for sha, group in groupby(commit.id.decode() for (commit, _), _ in lines):
        count = len(list(group))
        commit = commit_node(node.of, sha)
        yield {"startingLine": number, "endingLine": number + count - 1, "age": 1, "commit": commit}
        number += count


FIELDS: Fields = {
    "Commit.author": _author,
    "Commit.authoredDate": lambda node, _: _committed(node),
    "Commit.committedDate": lambda node, _: _committed(node),
    "Commit.message": lambda node, _: _message(node),
    "Commit.messageHeadline": lambda node, _: _message(node).partition("\n")[0],
    "Commit.url": lambda node, graph: graph.request.urls.page(node.of, "commit", node.record),
    "Commit.blame": _blame,
}

FINDERS: Finders = {}
