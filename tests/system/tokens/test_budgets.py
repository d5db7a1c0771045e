"""How much of a model's context the servers take, in tokens of a real vocabulary (`make tokens`)."""

import pytest

from devkit.workspace.composition import compose_to_describe
from servicekit.registry.tools import ToolSpec

from .measures import DEFAULT_LIST, PER_TOOL, RESULTS, SERVERS, definition
from .vocabulary import count_tokens

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def tools() -> dict[str, list[ToolSpec]]:
    """All tools of each server, in every toolset."""
    return {name: list(compose_to_describe(name).registry.tools.values()) for name in SERVERS}


@pytest.fixture(scope="session")
def sizes(tools: dict[str, list[ToolSpec]]) -> dict[str, int]:
    """The tokens of each definition."""
    return count_tokens({f"{name} {tool.name}": definition(tool) for name, own in tools.items() for tool in own})


def test_definitions_are_short_on_average(sizes: dict[str, int]) -> None:
    longest = sorted(sizes.items(), key=lambda size: -size[1])[:10]
    assert sum(sizes.values()) <= PER_TOOL * len(sizes), longest


@pytest.mark.parametrize("name", SERVERS)
def test_the_default_list_fits_its_budget(name: str, tools: dict[str, list[ToolSpec]], sizes: dict[str, int]) -> None:
    assert sum(sizes[f"{name} {tool.name}"] for tool in tools[name]) <= DEFAULT_LIST


async def test_results_fit_their_budgets(result_texts: dict[str, str]) -> None:
    counted = count_tokens(result_texts)
    print(counted)
    print(result_texts["50 tickets"][:1800])
    assert {result.words: counted[result.words] for result in RESULTS if counted[result.words] > result.budget} == {}
