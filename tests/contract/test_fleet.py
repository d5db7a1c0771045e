"""One client connects to several servers of the fleet at once, and tells them and their previews apart."""

import ast
import re
from collections import Counter
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from devkit.settings import WORKSPACE
from devkit.workspace.composition import compose_to_describe
from servicekit.core.fleet import LETTERS, folded

from .conftest import DESCRIPTIONS

PREVIEW = {
    "status": "confirmation_required",
    "next_step": "Nothing was done yet.",
    "code": "O-7K3M-9QXB",
    "expires_at": "2026-06-01T12:00:00Z",
    "effect": "Cancels the order.",
    "version": 1,
    "shown": {"reason": "Ordered twice"},
    "anything": {"else": 1},
}


def test_no_two_tools_of_the_fleet_share_a_name() -> None:
    names = Counter(tool for name in DESCRIPTIONS for tool in compose_to_describe(name).registry.tools)
    shared = [name for name, count in names.items() if count > 1]
    assert not shared, "Two servers have these tools, and a client with both could not tell them apart: rename one."


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


def test_the_schema_of_a_tool_that_asks_allows_its_preview() -> None:
    tools = [tool for name in DESCRIPTIONS for tool in compose_to_describe(name).registry.tools.values()]
    asking = [tool for tool in tools if tool.confirm is not None]
    assert {tool.name for tool in asking} >= {tool.name for tool in tools if tool.writes and tool.destructive}
    for tool in asking:
        schema = tool.output_schema
        assert schema is not None
        assert schema["type"] == "object", tool.name
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        assert validator.is_valid(PREVIEW), tool.name
        assert not validator.is_valid({"status": "confirmation_required", "version": 1}), tool.name


def _port(where: int | str) -> int | None:
    """The port of a server in an example, which has it alone or in a URL."""
    return where if isinstance(where, int) else urlsplit(where).port


def test_the_examples_of_clients_connect_to_servers_of_the_fleet() -> None:
    page = (WORKSPACE / "docs" / "clients.md").read_text(encoding="utf-8")
    ports = {(name, description.port) for name, description in DESCRIPTIONS.items()}
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    servers = [
        ast.literal_eval(node.value)
        for example in examples
        for node in ast.parse(example).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SERVERS"
    ]
    assert len(servers) == 5
    for example in servers:
        named = {(name, _port(where)) for name, where in example.items()}
        assert len(named) > 3, "an example of several servers"
        assert named <= ports, "Give these the ports of their [tool.fleet]."
    script = re.search(r"const SERVERS = \{(.*?)\};", page)
    assert script is not None
    assert {(name, int(port)) for name, port in re.findall(r"(\w+): (\d+)", script[1])} <= ports
