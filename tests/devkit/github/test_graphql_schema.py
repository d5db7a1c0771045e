"""The simulator's GraphQL schema is a part of the one that GitHub publishes, and has a resolver for each field."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLInterfaceType, GraphQLObjectType, parse, print_ast

from devkit.simulators.github.graphql.engine import FIELDS, schema, sdl
from tests.fixtures.published import GRAPHQL, published

RESOLVED = (
    "Query", "Mutation", "Repository", "PullRequest", "PullRequestReviewThread", "PullRequestReviewComment", "User",
    "Organization", "Bot",
)  # fmt: skip
"""Types whose objects are never mappings, which resolve their own fields."""
_INPUT = "input_object_type_definition"


@pytest.fixture(scope="module")
def github() -> dict[str, Any]:
    return definitions(parse((published(GRAPHQL) / "schema.graphql").read_text(encoding="utf-8"), no_location=True))


def definitions(document: DocumentNode) -> dict[str, Any]:
    """Everything that a schema defines: a kind, a type, a field, an argument or a value, each with what it says."""
    return dict(defined(document))


def defined(document: DocumentNode) -> Iterator[tuple[str, Any]]:
    for one in document.definitions:
        name, kind = one.name.value, one.kind.replace("extension", "definition")
        yield name, kind
        for interface in getattr(one, "interfaces", None) or ():
            yield f"{name} implements {interface.name.value}", True
        for value in getattr(one, "values", None) or ():
            yield f"{name}.{value.name.value}", True
        for member in getattr(one, "types", None) or ():
            yield f"{name} = {member.name.value}", True
        for field in getattr(one, "fields", None) or ():
            yield f"{name}.{field.name.value}", said(field)
            for argument in getattr(field, "arguments", None) or ():
                yield f"{name}.{field.name.value}({argument.name.value})", said(argument)


def said(node: Any) -> str:
    """The type, and a default."""
    default = getattr(node, "default_value", None)
    return print_ast(node.type) + (f" = {print_ast(default)}" if default is not None else "")


def unlike(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """The deviations of a schema from GitHub's."""
    return [f"{name}: {what}, not {theirs.get(name)}" for name, what in mine.items() if theirs.get(name) != what]


def test_every_definition_is_of_githubs_schema(github: dict[str, Any]) -> None:
    assert unlike(definitions(parse(sdl())), github) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("type Repository { nmae: String! }", "Repository.nmae: String!, not None"),
        ("type Repository { name: String }", "Repository.name: String, not String!"),
        ("type Repository { pullRequest(id: Int!): PullRequest }", "Repository.pullRequest(id): Int!, not None"),
        ("enum DiffSide { MIDDLE }", "DiffSide.MIDDLE: True, not None"),
        ("type Blame implements Node { id: ID! }", "Blame implements Node: True, not None"),
        ("scalar Time", "Time: scalar_type_definition, not None"),
    ],
)
def test_the_check_detects_what_github_lacks(github: dict[str, Any], text: str, problem: str) -> None:
    assert problem in unlike(definitions(parse(text)), github)


def test_everything_that_github_requires_is_in_the_schema(github: dict[str, Any]) -> None:
    mine = definitions(parse(sdl()))
    required = {
        name
        for name, what in github.items()
        if str(what).endswith("!") and (_owner(name) in mine if "(" in name else mine.get(_owner(name)) == _INPUT)
    }
    assert required - mine.keys() == set()


def test_every_field_has_a_resolver() -> None:
    kinds = [one for one in schema().type_map.values() if isinstance(one, GraphQLObjectType) and one.name in RESOLVED]
    missing = [
        f"{kind.name}.{field}"
        for kind in kinds
        for field in kind.fields
        if not any(f"{name}.{field}" in FIELDS for name in (kind.name, *(face.name for face in kind.interfaces)))
    ]
    assert missing == []


def test_every_resolver_is_of_a_field() -> None:
    known = {
        f"{kind.name}.{field}"
        for kind in schema().type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for field in kind.fields
    }
    assert FIELDS.keys() - known == set()


def _owner(name: str) -> str:
    """The field of an argument, or the type of a field."""
    return name.partition("(")[0] if "(" in name else name.partition(".")[0]
