"""Tags, annotated or not."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from devkit.simulators.github.graphql.nodes import Fields, Finders, Graph, Node, connection
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import time_of


def _refs(
    node: Node,
    _: Graph,
    *,
    refPrefix: str,  # noqa: N803
    orderBy: Mapping[str, str] | None = None,  # noqa: N803
    query: str | None = None,
    **page: Any,
) -> Mapping[str, Any]:
    git = node.of.git
    found = [
        (name.removeprefix(refPrefix), sha)
        for name, sha in git.refs().items()
        if name.startswith(refPrefix) and (query or "") in name
    ]
    if orderBy is not None:
        if orderBy["field"] == "TAG_COMMIT_DATE":
            found.sort(key=lambda one: git.commit(git.commit_of(one[1])).commit_time)
        if orderBy["direction"] == "DESC":
            found.reverse()
    return connection("refs", found, lambda one: _ref(node.of, *one), **page)


def _ref(repository: Repository, name: str, sha: str) -> dict[str, Any]:
    ref = Node("Ref", name, repository, sum(name.encode()))
    return {"id": ref.id, "name": name, "target": _target(repository, sha)}


def _target(repository: Repository, sha: str) -> dict[str, Any]:
    git = repository.git
    tag = git.tag(sha)
    if tag is None:
        return {"__typename": "Commit", "oid": sha, "committedDate": _time(git.commit(sha).commit_time)}
    name = tag.tagger.decode().partition(" <")[0]
    return {
        "__typename": "Tag",
        "oid": sha,
        "name": tag.name.decode(),
        "message": tag.message.decode(),
        "tagger": {"name": name, "date": _time(tag.tag_time)},
        "target": {"__typename": "Commit", "oid": git.commit_of(sha)},
    }


def _time(seconds: int) -> str | None:
    return time_of(datetime.fromtimestamp(seconds, UTC))


FIELDS: Fields = {"Repository.refs": _refs}

FINDERS: Finders = {}
