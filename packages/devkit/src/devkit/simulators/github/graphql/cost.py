"""The cost of a query in points, as GitHub documents it."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

_PAGES = ("first", "last")


def weigh(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> tuple[int, int]:
    """The points and the nodes of a query, both at the most that it may return.

    Each connection takes one request for each of the nodes that contain it. A hundred requests cost one point
    (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
    """
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    requests, nodes = _weigh(operation.selection_set, 1, fragments, variables)
    return max(1, round(requests / 100)), nodes


def _weigh(
    selections: SelectionSetNode | None,
    parents: int,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> tuple[int, int]:
    requests = nodes = 0
    for selection in selections.selections if selections else ():
        inner, below = parents, None
        if isinstance(selection, FieldNode):
            below = selection.selection_set
            size = _size(selection, variables)
            if size is not None:
                requests, inner = requests + parents, parents * size
                nodes += inner
        elif isinstance(selection, InlineFragmentNode):
            below = selection.selection_set
        elif isinstance(selection, FragmentSpreadNode):
            below = fragments[selection.name.value].selection_set
        more, found = _weigh(below, inner, fragments, variables)
        requests, nodes = requests + more, nodes + found
    return requests, nodes


def _size(field: FieldNode, variables: Mapping[str, Any]) -> int | None:
    """The size of the page requested of a connection; None for another field."""
    for argument in field.arguments or ():
        if argument.name.value in _PAGES:
            value = argument.value
            size = int(value.value) if isinstance(value, IntValueNode) else None
            if isinstance(value, VariableNode):
                size = variables.get(value.name.value)
            if isinstance(size, int):
                return size
    return None
