"""The tool schema is public API: kept in a file, compared by meaning."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from devkit.reference.contract import breaking_changes, contract_of, read_contract, version_allows_breaking
from devkit.reference.generated_files import contract_path
from devkit.settings import WORKSPACE
from servicekit.registry.operation import return_annotation

from .conftest import Running


def test_the_contract_is_the_one_on_file(running: Running) -> None:
    old, new = read_contract(contract_path(WORKSPACE, running.description.name)), contract_of(running.service)
    broken = breaking_changes(old, new)
    if broken and not version_allows_breaking(old["version"], new["version"]):
        pytest.fail("Clients would break. Undo this, or raise the service's major version:\n  " + "\n  ".join(broken))
    assert new == old, "The contract changed, compatibly. Look at the difference, then run `make reference`."


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models of a return annotation, inside pages, attachments and alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def moments(node: Any) -> Iterator[dict[str, Any]]:
    """The moments of a core schema."""
    if isinstance(node, dict):
        if node.get("type") == "datetime":
            yield node
        for name, inner in node.items():
            if name != "serialization":
                yield from moments(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from moments(inner)


def test_results_show_moments_to_the_second(running: Running) -> None:
    for tool in running.service.registry.tools.values():
        for model in models_in(return_annotation(tool.method)):
            for moment in moments(model.__pydantic_core_schema__):
                assert "serialization" in moment, f"{tool.name}: derive {model.__name__} from Record"


def test_lists_and_large_records_offer_fields(running: Running) -> None:
    for tool in running.service.registry.tools.values():
        assert ("fields" in tool.arguments.schema["properties"]) == bool(tool.output.field_names), tool.name
        assert tool.output.field_names or not tool.output.is_page, f"{tool.name}: let it return Page[<a Record>]."
