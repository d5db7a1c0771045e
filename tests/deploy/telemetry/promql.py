"""The metrics and labels of a query, read from its syntax tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser

_GRAFANA = {"$__rate_interval": "5m", **dict.fromkeys(("$namespace", "$service", "$tool", "$tenant"), "any")}
_PARTS = ("expr", "lhs", "rhs", "args", "vector_selector", "param")


@dataclass(frozen=True)
class Reference:
    """A metric, the labels that the query selects or groups by, and the selected values."""

    metric: str
    labels: frozenset[str]
    values: frozenset[tuple[str, str]]


def references(query: str) -> list[Reference]:
    """Every metric of a query. Raises `ValueError` when it is not PromQL."""
    for variable, value in _GRAFANA.items():
        query = query.replace(variable, value)
    return list(_of(promql_parser.parse(query), frozenset()))


def _of(node: Any, grouping: frozenset[str]) -> Iterator[Reference]:
    if isinstance(node, promql_parser.VectorSelector):
        matchers = node.matchers.matchers
        values = frozenset((matcher.name, value) for matcher in matchers for value in matcher.value.split("|"))
        yield Reference(node.name, grouping | {matcher.name for matcher in matchers}, values)
    if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
        grouping = frozenset(node.modifier.labels)
    for part in _PARTS:
        below = getattr(node, part, None)
        for child in below if isinstance(below, list) else [below]:
            if child is not None:
                yield from _of(child, grouping)


def labels_in_words(text: str) -> set[str]:
    """The labels that a legend (`{{job}}`) or an annotation (`$labels.job`) names."""
    return {one or other for one, other in re.findall(r"\{\{(\w+)\}\}|\$labels\.(\w+)", text)}
