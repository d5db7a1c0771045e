"""The server's GraphQL documents fit the schema that GitHub publishes, and say what they cost."""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import getsource
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    parse,
    print_ast,
    validate,
)

import github_mcp.adapters
from devkit.simulators.github.graphql.cost import weigh
from devkit.simulators.github.graphql.engine import schema
from tests.fixtures.published import GRAPHQL, published

MOST_POINTS = 2


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts(one)


def document(text: str) -> DocumentNode | None:
    """A text as a document with one operation, or None."""
    try:
        found = parse(text)
    except GraphQLError:
        return None
    return found if any(isinstance(one, OperationDefinitionNode) for one in found.definitions) else None


def filled(text: str, source: str) -> Iterator[str]:
    """A document, or one for each mutation that the module names, if the text is a pattern for them."""
    if not text.lstrip().startswith("mutation") or "{{" not in text:
        yield text
        return
    for name in MUTATIONS:
        if f'"{name}"' in source:
            yield text.format(field=name)


def documents() -> Iterator[tuple[str, DocumentNode]]:
    """Every document in the modules of the adapters."""
    for info in pkgutil.walk_packages(github_mcp.adapters.__path__, "github_mcp.adapters."):
        module = import_module(info.name)
        source = getsource(module)
        written = [whole for text in texts([*vars(module).values()]) for whole in filled(text, source)]
        found = [made for text in written if (made := document(text)) is not None]
        assert found or "api.graphql(" not in source, f"{info.name} has its documents elsewhere"
        for number, one in enumerate(found):
            yield f"{info.name}-{number}", one


MUTATIONS = [*schema().mutation_type.fields] if schema().mutation_type else []
DOCUMENTS = dict(documents())


@cache
def github() -> GraphQLSchema:
    """GitHub's schema. Skips the test if npm or its registry is unavailable."""
    return build_schema((published(GRAPHQL) / "schema.graphql").read_text(encoding="utf-8"), assume_valid=True)


def operation(found: DocumentNode) -> OperationDefinitionNode:
    (only,) = (one for one in found.definitions if isinstance(one, OperationDefinitionNode))
    return only


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_fits_githubs_schema(name: str) -> None:
    assert [error.message for error in validate(github(), DOCUMENTS[name])] == []


def test_the_check_detects_what_github_lacks() -> None:
    wrong = parse("query { repository(owner: 1) { pullRequest(number: 1) { isDarft } } }")
    assert len(validate(github(), wrong)) == 3


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_costs_few_points(name: str) -> None:
    found = DOCUMENTS[name]
    points, nodes = weigh(found, operation(found), {})
    assert points <= MOST_POINTS
    assert nodes <= 500_000


QUERIES = [name for name, found in DOCUMENTS.items() if operation(found).operation is OperationType.QUERY]


@pytest.mark.parametrize("name", QUERIES)
def test_query_asks_for_its_cost_and_follows_no_rename(name: str) -> None:
    fields = {one.name.value: one for one in operation(DOCUMENTS[name]).selection_set.selections}
    assert [one.name.value for one in fields["rateLimit"].selection_set.selections] == ["cost"]
    arguments = {one.name.value: print_ast(one.value) for one in fields["repository"].arguments}
    assert arguments == {"owner": "$owner", "name": "$name", "followRenames": "false"}
