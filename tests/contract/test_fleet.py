"""One client connects to several servers of the fleet at once, so no two of them may share a tool's name."""

from collections import Counter

from devkit.workspace.composition import compose_to_describe
from servicekit.core.fleet import LETTERS, folded

from .conftest import DESCRIPTIONS


def test_no_two_tools_of_the_fleet_share_a_name() -> None:
    names = Counter(tool for name in DESCRIPTIONS for tool in compose_to_describe(name).registry.tools)
    assert [name for name, count in names.items() if count > 1] == []


def test_each_server_has_a_letter_of_its_own() -> None:
    assert set(DESCRIPTIONS) == set(LETTERS)
    assert len({folded(letter) for letter in LETTERS.values()}) == len(LETTERS)


def test_the_kits_own_tools_name_their_server() -> None:
    for name in DESCRIPTIONS:
        service = compose_to_describe(name)
        own = [tool for tool in service.registry.tools.values() if not tool.scopes]
        assert service.identity.own_tool("whoami") in {tool.name for tool in own}
        for tool in own:
            assert tool.name.startswith(f"{name}_")
            assert service.identity.title in tool.title
            assert service.identity.title in tool.description
