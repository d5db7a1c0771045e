"""What resolvers work with: the objects of the graph, the request, errors and connections."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import node_id

Item = TypeVar("Item")

_ID = re.compile(r"0:([A-Za-z]+)(\d+)")
_LARGEST_PAGE = 100


@dataclass(frozen=True)
class Node:
    """An object of the graph.

    Attributes:
        type: its GraphQL type.
        record: what the simulator keeps of it; for a commit its SHA.
        repository: the repository that contains it; None for accounts.
        number: the number in its id.
    """

    type: str
    record: Any
    repository: Repository | None
    number: int

    @property
    def id(self) -> str:
        """The id, the same as `node_id` of REST."""
        return node_id(self.type, self.number)

    @property
    def of(self) -> Repository:
        """The repository that contains it."""
        if self.repository is None:
            raise TypeError(f"{self.type} is in no repository")
        return self.repository


@dataclass(frozen=True)
class Graph:
    """A request, as resolvers see it.

    Attributes:
        limits: `rateLimit` as this query leaves it.
        find: the object with an id. Raises `GraphError` where this credential sees none of these types.
    """

    request: ApiRequest
    limits: Mapping[str, Any]
    find: Callable[..., Node]


Resolver = Callable[..., Any]
"""Takes the object, the `Graph` and the field's arguments. An object is a `Node`, a mapping by field, or None at the
root; the result is a scalar, an object, a list of objects, or None."""
Fields = Mapping[str, Resolver]
"""Resolvers by ``Type.field``; a type may be an interface. A mapping resolves its own fields."""
Finders = Mapping[str, Callable[[ApiRequest, int], Node | None]]
"""How to find an object by the number in its id, by type."""


class GraphError(Exception):
    """An error in GitHub's format; the part of the answer in which it is raised is null.

    Args:
        kind: GitHub's `type`, such as ``NOT_FOUND``, ``FORBIDDEN`` or ``UNPROCESSABLE``.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def parse_id(text: str) -> tuple[str, int] | None:
    """The type and number in an id, or None."""
    try:
        match = _ID.fullmatch(base64.b64decode(text, validate=True).decode())
    except ValueError:
        return None
    return (match[1], int(match[2])) if match else None


def account_node(account: Account) -> Node:
    """A user, organisation or bot. REST names the type User in the ids of bots as well; these have their own."""
    return Node(account.kind, account, None, account.id)


def repository_node(repository: Repository) -> Node:
    """A repository."""
    return Node("Repository", repository, repository, repository.id)


def connection(
    name: str,
    items: Sequence[Item],
    render: Callable[[Item], Node | Mapping[str, Any]],
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Mapping[str, Any]:
    """One page of a connection.

    Args:
        name: the field, for error messages.

    Raises:
        GraphError: neither `first` nor `last` is given, or a page is too large.
    """
    for argument, size in (("first", first), ("last", last)):
        if size is not None and size > _LARGEST_PAGE:
            words = (
                f"Requesting {size} records on the `{name}` connection exceeds the `{argument}` limit of 100 records."
            )
            raise GraphError("EXCESSIVE_PAGINATION", words)
    if first is None and last is None:
        words = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphError("MISSING_PAGINATION_BOUNDARIES", words)
    begin = _place(after, 0)
    end = _place(before, len(items) + 1) - 1
    if first is not None:
        end = min(end, begin + first)
    if last is not None:
        begin = max(begin, end - last)
    shown = [render(item) for item in items[begin:end]]
    return {
        "nodes": shown,
        "edges": [{"cursor": _cursor(place), "node": one} for place, one in enumerate(shown, start=begin + 1)],
        "totalCount": len(items),
        "pageInfo": {
            "startCursor": _cursor(begin + 1) if shown else None,
            "endCursor": _cursor(begin + len(shown)) if shown else None,
            "hasNextPage": end < len(items),
            "hasPreviousPage": begin > 0,
        },
    }


def _cursor(place: int) -> str:
    return base64.b64encode(f"cursor:{place}".encode()).decode()


def _place(cursor: str | None, default: int) -> int:
    if cursor is None:
        return default
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("cursor:"))
    except ValueError:
        raise GraphError("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.") from None
