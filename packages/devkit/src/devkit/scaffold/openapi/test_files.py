"""The generated tests of a server, what it declares for the contract suite, and requests for the evaluation set."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from devkit.scaffold.openapi.names import words_of
from devkit.scaffold.openapi.operations import Tool


def calls(tools: Sequence[Tool]) -> dict[str, dict[str, Any]]:
    """Right arguments of each tool, of which the simulated API has records."""
    return {tool.name: {one.name: one.example for one in tool.arguments if one.required} for tool in tools}


def test_of_tools(name: str, tools: Sequence[Tool]) -> str:
    """The tests of a server's tools."""
    named = next((tool for tool in tools if _misspelt(tool)), None)
    listed = next((tool for tool in tools if tool.listing is not None), None)
    parts = [_HEAD.format(name=name, calls=_table(calls(tools)), first=tools[0].name)]
    if named is not None:
        wrong = calls([named])[named.name] | _misspelt(named)
        given = ", ".join(f"{argument}={value!r}" for argument, value in wrong.items())
        parts.append(_UNKNOWN.format(tool=named.name, arguments=given))
    if listed is not None:
        parts.append(_PAGES.format(tool=listed.name))
    return "\n\n".join(parts)


def _table(known: Mapping[str, Mapping[str, Any]]) -> str:
    return "".join(f"    {tool!r}: {dict(arguments)!r},\n" for tool, arguments in known.items())


def _misspelt(tool: Tool) -> dict[str, Any]:
    """The last argument that names a record, with a value of which there is none."""
    found = [one for one in tool.arguments if one.misspelt is not None]
    return {found[-1].name: found[-1].misspelt} if found else {}


def contract(name: str, tools: Sequence[Tool]) -> str:
    """What a server declares for the contract suite."""
    identifiers = {one.name: one for tool in tools for one in tool.arguments if one.is_identifier}
    lines = []
    for argument in identifiers.values():
        if argument.misspelt is None:
            lines.append(f"    {argument.name!r}: None,  # compared by the API\n")
        else:
            lines.append(f"    {argument.name!r}: Names(lambda _: {argument.misspelt!r}, is_near=False),\n")
    examples = {one.name: one.example for tool in tools for one in tool.arguments if one.required or one.is_identifier}
    others = {f"{tool.name}.{one.name}": one.example for tool in tools for one in tool.arguments if one.required}
    return _CONTRACT.format(
        name=name,
        names="from tests.contract.named_values import Names\n" if any("Names(" in line for line in lines) else "",
        named="".join(lines),
        values="".join(f"        {key!r}: {value!r},\n" for key, value in (examples | others).items()),
    )


def requests(name: str, tools: Sequence[Tool], salts: Sequence[str] = ("", " please", " now", " today")) -> list[Any]:
    """Requests in users' words for each tool and for the kit's own, some of them hard."""
    title = name.capitalize()
    known = calls(tools)
    found: list[Any] = []
    for tool in tools:
        for words, kind in _asked(tool, title):
            found += [_request(f"{words}{salt}", name, tool.name, known[tool.name], kind) for salt in salts]
    for tool_of_the_kit, words, kind in (
        ("whoami", f"What may I do on the {title} server?", "plain"),
        ("whoami", f"Wer bin ich in {title}?", "language"),
        ("list_my_actions", f"Which calls did I make on the {title} server today?", "plain"),
        ("list_my_actions", f"Was habe ich heute in {title} getan?", "language"),
    ):
        found.append(_request(words, name, f"{name}_{tool_of_the_kit}", {}, kind))
    return found


def _asked(tool: Tool, title: str) -> Iterator[tuple[str, str]]:
    noun = " ".join(words_of(tool.name)[1:])
    which = ", ".join(f"{one.name} {one.example}" for one in tool.arguments if one.required)
    of = f" of {which}" if which else ""
    yield f"Show me {noun}{of} in {title}", "plain"
    yield f"What does {title} have as {noun}{of}?", "plain"
    yield f"I need {noun}{of} from {title}", "plain"
    yield f"Zeig mir {noun}{of} in {title}", "language"
    yield f"shwo {noun}{of} form {title}", "typo"


def _request(words: str, server: str, tool: str, arguments: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        "request": words,
        "server": server,
        "tools": [tool],
        "arguments": dict(arguments),
        "hard": kind != "plain",
        "kind": kind,
    }


def operations_file(name: str, tools: Sequence[Tool], lines: Sequence[str]) -> str:
    """The page with the operations that are tools, and those that are none."""
    rows = "".join(f"| `{tool.name}` | `GET {shown_path(tool.path)}` |\n" for tool in tools)
    ignored = "".join(
        f"- `{tool.name}`: {', '.join(sorted({one.partition(':')[0] for one in tool.ignored}))[:70]}\n"
        for tool in tools
        if tool.ignored
    )
    left = f"\n## Optional parameters that no argument has\n\n{ignored}" if ignored else ""
    rest = "\n".join(lines)
    return (
        f"# Operations of the API of {name}\n\n| tool | operation |\n|---|---|\n{rows}{left}\n"
        f"## Operations that are no tools\n\n{rest or 'None: every operation is a tool.'}\n"
    )


def shown_path(path: str) -> str:
    """A path for people: other signs than those of paths are left out."""
    return "".join(letter for letter in path if letter.isascii() and (letter.isalnum() or letter in "/{}._~:-"))[:70]


def as_json(content: Any) -> str:
    """A JSON file, in ASCII."""
    return json.dumps(content, indent=1, sort_keys=False) + "\n"


def workspace_tools(workspace: Path) -> dict[str, str]:
    """The server of each tool of the fleet, by the contract files."""
    return {
        tool: file.stem
        for file in sorted((workspace / "tests" / "contract" / "snapshots").glob("*.json"))
        for tool in json.loads(file.read_text(encoding="utf-8"))["tools"]
    }


_HEAD = '''"""Each tool through the official client, on the simulated API."""

from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.faults import Fault
from devkit.simulators.openapi.testing import RunningSimulator
from servicekit.upstream.resilience import retry_budget
from tests.fixtures.calls import call, refusal

CALLS: dict[str, dict[str, Any]] = {{
{calls}}}
"""Right arguments of every tool."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_budget, "FIRST_BACKOFF", 0.01)


async def test_every_tool_is_tried(client: Client) -> None:
    offered = {{tool.name for tool in (await client.list_tools()).tools}}
    # Tools that were added later have a file of their own.
    beside = {{file.stem.removeprefix("test_") for file in Path(__file__).parent.glob("test_*.py")}}
    assert {{tool for tool in offered - beside if not tool.startswith("{name}_")}} == {{
        tool for tool in CALLS if not tool.startswith("{name}_")
    }}


@pytest.mark.parametrize("tool", CALLS)
async def test_the_tool_reads_the_api(client: Client, {name}_api: RunningSimulator, tool: str) -> None:
    assert await call(client, tool, **CALLS[tool])
    assert {name}_api.simulator.request_log.count("GET") == 1


@pytest.mark.parametrize(
    ("kind", "said"), [("error", "HTTP 500"), ("garbage", "not valid JSON"), ("rate_limit", "HTTP 429")]
)
async def test_a_failure_of_the_api_is_reported(
    client: Client, {name}_api: RunningSimulator, kind: Any, said: str
) -> None:
    {name}_api.simulator.faults.pending.append(Fault(kind=kind, times=3, seconds=30))
    text = await refusal(client, "{first}", **CALLS["{first}"])
    assert said in text or "try again in" in text
    assert "127.0.0.1" not in text


@pytest.mark.parametrize("tool", CALLS)
async def test_a_wrong_argument_reaches_no_api(client: Client, {name}_api: RunningSimulator, tool: str) -> None:
    assert "surprise: unknown argument" in await refusal(client, tool, **CALLS[tool], surprise=1)
    assert {name}_api.simulator.request_log.count() == 0
'''

_UNKNOWN = """async def test_an_unknown_record_is_refused(client: Client) -> None:
    assert " has no " in await refusal(client, "{tool}", {arguments})
"""

_PAGES = """async def test_pages_follow_each_other(client: Client) -> None:
    whole = await call(client, "{tool}", **CALLS["{tool}"])
    first = await call(client, "{tool}", **CALLS["{tool}"], limit=1)
    if len(whole["items"]) > 1:
        second = await call(client, "{tool}", **CALLS["{tool}"], limit=1, cursor=first["next_cursor"])
        assert [*first["items"], *second["items"]] == whole["items"][:2]
"""

_CONTRACT = '''"""What the contract suite needs to know about the {name} server."""

from typing import Any

from mcp.client import Client

{names}
NAMED: dict[str, Any] = {{
{named}}}
"""Arguments that take an identifier."""


async def examples(_: Client) -> dict[str, Any]:
    """Right values of the arguments."""
    return {{
{values}    }}
'''
