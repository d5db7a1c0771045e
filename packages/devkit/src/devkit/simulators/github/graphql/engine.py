"""Executes a document: parses, validates, counts its cost, resolves, and words errors as GitHub does."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.graphql import blame, core, merging, pulls, reviews, tags, threads
from devkit.simulators.github.graphql.cost import weigh
from devkit.simulators.github.graphql.nodes import Fields, Finders, Graph, GraphError, Node, parse_id
from devkit.simulators.github.limits import Window
from devkit.simulators.github.responses import ApiError, ApiResponse

AREAS = (core, blame, pulls, reviews, threads, merging, tags)
_SCHEMAS = ("core", "pulls", "reviews", "blame", "merging", "tags")
_MOST_NODES = 500_000
_UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
_UNKNOWN_ARGUMENT = re.compile(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'")
_WRONG_VARIABLE = re.compile(r"Variable '(\$\w+)' ")

FIELDS: Fields = {name: resolver for area in AREAS for name, resolver in area.FIELDS.items()}
FINDERS: Finders = {kind: finder for area in AREAS for kind, finder in area.FINDERS.items()}


def sdl() -> str:
    """The schema, in the schema definition language."""
    folder = files("devkit.simulators.github.graphql")
    return "\n".join((folder / f"{name}.graphql").read_text(encoding="utf-8") for name in _SCHEMAS)


@cache
def schema() -> GraphQLSchema:
    """The schema, with the types of `sdl`."""
    return build_schema(sdl())


def answer(request: ApiRequest, window: Window) -> ApiResponse:
    """POST /graphql.

    Args:
        window: the rate limit of the credential, in points.

    Raises:
        ApiError: 401, the request is anonymous.
    """
    if request.identity is None:
        raise ApiError(401, "This endpoint requires you to be authenticated.")
    if not window.remaining:
        words = f"API rate limit already exceeded for user ID {request.identity.account.id}."
        return _refused([{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": words}])
    text, variables = request.body.get("query"), request.body.get("variables") or {}
    if not isinstance(text, str) or not text:
        return _refused([{"message": "A query attribute must be specified and must be a string."}])
    if not isinstance(variables, dict):
        return _refused([{"message": "Variables must be an object."}])
    try:
        document = parse(text)
    except GraphQLError as error:
        return _refused([_unreadable(error)])
    if problems := validate(schema(), document):
        return _refused([_invalid(problem) for problem in problems])
    operation = get_operation_ast(document, request.body.get("operationName"))
    if operation is None:
        return _refused([{"message": "An operation name is required"}])
    cost, nodes = weigh(document, operation, variables)
    if nodes > _MOST_NODES:
        words = f"This query requests up to {nodes:,} possible nodes which exceeds the maximum limit of 500,000."
        return _refused([{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": words}])
    return _executed(request, document, variables, window, cost, nodes)


def _executed(
    request: ApiRequest, document: DocumentNode, variables: dict[str, Any], window: Window, cost: int, nodes: int
) -> ApiResponse:
    limits = {
        "cost": cost,
        "limit": window.limit,
        "nodeCount": nodes,
        "remaining": max(window.remaining - cost, 0),
        "used": min(window.used + cost, window.limit),
        "resetAt": datetime.fromtimestamp(window.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    result = execute_sync(
        schema(),
        document,
        context_value=Graph(request, limits, lambda text, *types: _find(request, text, types)),
        variable_values=variables,
        operation_name=request.body.get("operationName"),
        field_resolver=_resolve,
        type_resolver=lambda value, *_: value.type if isinstance(value, Node) else value["__typename"],
    )
    content: dict[str, Any] = {} if result.data is None and result.errors else {"data": result.data}
    if result.errors:
        content["errors"] = [_failed(error) for error in result.errors]
    return ApiResponse(content, cost=cost)


def _resolve(source: Any, info: GraphQLResolveInfo[Graph], **arguments: Any) -> Any:
    name = info.field_name
    if isinstance(source, Mapping) and name in source:
        return source[name](info.context, **arguments) if callable(source[name]) else source[name]
    kinds = (info.parent_type, *info.parent_type.interfaces)
    for kind in kinds:
        if (resolver := FIELDS.get(f"{kind.name}.{name}")) is not None:
            return resolver(source, info.context, **arguments)
    raise NotImplementedError(f"{info.parent_type.name}.{name}")


def _find(request: ApiRequest, text: str, types: tuple[str, ...]) -> Node:
    """The object with an id, of one of these types; of any type if none is given."""
    kind, number = parse_id(text) or ("", 0)
    finder = FINDERS.get(kind)
    found = finder(request, number) if finder is not None and (not types or kind in types) else None
    if found is None:
        raise GraphError("NOT_FOUND", f"Could not resolve to a node with the global id of '{text}'.")
    return found


def _refused(errors: list[dict[str, Any]]) -> ApiResponse:
    """An answer without data, with status 200 as at GitHub."""
    return ApiResponse({"errors": errors})


def _places(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]


def _unreadable(error: GraphQLError) -> dict[str, Any]:
    return {"locations": _places(error), "message": f"Parse error on {error.message}"}


def _invalid(error: GraphQLError) -> dict[str, Any]:
    message, details = error.message, {"code": "invalid"}
    if found := _UNKNOWN_FIELD.match(message):
        message = f"Field '{found[1]}' doesn't exist on type '{found[2]}'"
        details = {"code": "undefinedField", "typeName": found[2], "fieldName": found[1]}
    elif found := _UNKNOWN_ARGUMENT.match(message):
        message = f"Field '{found[3]}' doesn't accept argument '{found[1]}'"
        details = {"code": "argumentNotAccepted", "name": found[3], "typeName": "Field", "argumentName": found[1]}
    return {"path": ["query"], "extensions": details, "locations": _places(error), "message": message}


def _failed(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    place = {"path": error.path or [], "locations": _places(error)}
    if isinstance(cause, GraphError):
        return {"type": cause.kind, **place, "message": str(cause)}
    if found := _WRONG_VARIABLE.match(error.message):
        words = f"Variable {found[1]} was provided invalid value"
        return {"extensions": {"problems": []}, "locations": _places(error), "message": words}
    if cause is None:
        return {**place, "message": error.message}
    raise cause
