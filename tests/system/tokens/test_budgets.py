"""How much of a model's context the servers take, in tokens of a real vocabulary (`make tokens`)."""

import os

import pytest

from devkit.workspace.composition import compose_to_describe

from .measures import DEFAULT_LIST, PER_TOOL, RESULTS, SERVERS, Server, definition, output_schema
from .page import PAGE, counts, page
from .vocabulary import count_tokens

pytestmark = pytest.mark.slow


def measured(name: str) -> Server:
    """The counts of one server."""
    service = compose_to_describe(name)
    tools = list(service.registry.tools.values())
    definitions = count_tokens({tool.name: definition(tool) for tool in tools})
    schemas = count_tokens({tool.name: output_schema(tool) for tool in tools})
    listed = [tool.name for tool in tools if tool.toolset is None or tool.toolset in service.toolsets.listed]
    return Server(name, list(definitions.values()), sum(definitions[tool] for tool in listed), sum(schemas.values()))


@pytest.fixture(scope="session")
def servers() -> list[Server]:
    """The counts of every server."""
    return [measured(name) for name in SERVERS]


@pytest.fixture(scope="session")
async def results(result_texts: dict[str, str]) -> dict[str, int]:
    """The tokens of each result, by its words."""
    return count_tokens(result_texts)


def test_definitions_are_short_on_average(servers: list[Server]) -> None:
    sizes = [size for server in servers for size in server.definitions]
    assert sum(sizes) <= PER_TOOL * len(sizes)


def test_default_lists_fit_their_budget(servers: list[Server]) -> None:
    assert {server.name: server.default_list for server in servers if server.default_list > DEFAULT_LIST} == {}


async def test_results_fit_their_budgets(results: dict[str, int]) -> None:
    assert {result.words: results[result.words] for result in RESULTS if results[result.words] > result.budget} == {}


async def test_the_page_has_these_counts(servers: list[Server], results: dict[str, int]) -> None:
    text = page(servers, results)
    if os.environ.get("WRITE"):
        PAGE.write_text(text, encoding="utf-8")
    written = counts(PAGE.read_text(encoding="utf-8"))
    assert written == pytest.approx(counts(text), rel=0.1), "run `make tokens WRITE=yes`"
