"""An argument that names what does not exist is refused with the nearest name: an empty result always means none.

The arguments are found by their types. Each that takes an identifier is declared in `named_values`: it names something
that must exist, or something new.
"""

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from mcp.client import Client

from devkit.loopback.serving import serving_in_thread
from devkit.settings import WORKSPACE
from devkit.simulators.registry import find_simulator
from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from devkit.workspace.composition import compose, compose_to_describe, has_audit_file
from devkit.workspace.services import ServiceDescription, discover
from servicekit.registry.operation import Operation
from servicekit.schema.kinds import Identified, Kind
from servicekit.schema.list_kinds import Items
from servicekit.schema.members import Members
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import text_of
from tests.fixtures.databases import copy_of

from .argument_cases import placed, sample
from .conftest import SECRET
from .declared import DECLARED
from .domains import database_settings
from .named_values import EXAMPLE, Examples, Names


@dataclass(frozen=True)
class Case:
    """One argument of one tool that takes an identifier."""

    server: str
    tool: Operation
    path: tuple[str | int, ...]
    kind: Identified

    def __str__(self) -> str:
        return f"{self.server}-{self.tool.name}.{self.name}"

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.path if part != 0)

    @property
    def _keys(self) -> list[str]:
        keys = (f"{self.tool.name}.{self.name}", self.name, str(self.path[-1]), self.name.rpartition(".")[2])
        return [key for key in keys if key in DECLARED[self.server].NAMED]

    @property
    def is_declared(self) -> bool:
        return bool(self._keys)

    @property
    def declared(self) -> Names | None:
        """How it is declared, for this tool or for every tool of its server."""
        return DECLARED[self.server].NAMED[self._keys[0]]


def _inside(server: str, tool: Operation, kind: Kind, path: tuple[str | int, ...]) -> Iterator[Case]:
    if isinstance(kind, Members):
        for name, member in kind.members.items():
            yield from _inside(server, tool, member.kind, (*path, name))
    elif isinstance(kind, Items):
        yield from _inside(server, tool, kind.item, (*path, 0))
    elif isinstance(kind, Identified):
        yield Case(server, tool, path, kind)


CASES = [
    case
    for description in discover(WORKSPACE)
    for tool in compose_to_describe(description.name).registry.tools.values()
    if tool.scopes  # without those of the kit
    for case in _inside(description.name, tool, tool.arguments.kinds, ())
    if case.name not in ("idempotency_key", "cursor", "fields")  # of the kit
]


@pytest.fixture(scope="module", params=DECLARED)
def settings(
    request: pytest.FixtureRequest,
    postgres: PostgresServer,
    template_of: Callable[[str], DatabaseUrls],
    valkey_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ServiceDescription, dict[str, Any]]]:
    """Settings of each server in turn, on its database or simulator."""
    description = next(one for one in discover(WORKSPACE) if one.name == request.param)
    settings: dict[str, Any] = {
        "public_url": "http://127.0.0.1:1/mcp", "issuer": "http://127.0.0.1:9/", "redis_url": valkey_url,
        "state_keys": SECRET, "toolsets": "all",
        **dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), 1_000_000),
    }  # fmt: skip
    with ExitStack() as stack:
        if description.simulator is not None:
            simulator = find_simulator(description.simulator)
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stack.enter_context(serving_in_thread(stack.enter_context(simulator.application()), listener))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            settings |= {key.lower(): value for key, value in simulator.environment(url).items()}
        if description.database:
            settings |= database_settings(stack.enter_context(copy_of(template_of(description.name), postgres)))
        if has_audit_file(description.name):
            settings["audit_file"] = str(tmp_path_factory.mktemp(description.name) / "audit.jsonl")
        yield description, settings


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_identifier_is_declared(case: Case) -> None:
    words = (
        f"Declare {case.name} of {case.tool.name} in NAMED of tests/services/{case.server}/contract.py: as Names() if "
        "it names what must exist (with a right value in `examples`), else as NEW."
    )
    assert case.is_declared, words


async def test_unknown_names_are_refused_with_the_nearest(
    settings: tuple[ServiceDescription, dict[str, Any]],
) -> None:
    description, values = settings
    service = compose(description.name, values)
    async with service.running(), connect(service, caller(*description.scopes)) as client:
        wrong = await _answered_wrongly(client, description.name, await DECLARED[description.name].examples(client))
    assert not wrong, "\n".join(wrong)


async def _answered_wrongly(client: Client, server: str, examples: Examples) -> list[str]:
    wrong: list[str] = []
    for case in (one for one in CASES if one.server == server and one.is_declared):
        if (names := case.declared) is None:
            continue
        right = examples[str(next(part for part in reversed(case.path) if isinstance(part, str)))]
        given = names.misspelt(str(right))
        arguments = _call(case, examples, int(given) if case.kind.number is not None else given)
        result = await client.call_tool(case.tool.name, arguments)
        text = text_of(result)
        expected = str(right).partition("/")[2] or str(right)
        if not result.is_error or "Invalid arguments" in text or (names.is_near and expected not in text):
            wrong.append(f"{case}={given}: {text[:200]}")
        if names.is_near and "here is no " not in text:
            wrong.append(f"{case}={given}: {text[:200]}")
    return wrong


def _call(case: Case, examples: Examples, given: Any) -> dict[str, Any]:
    """A call that is right but for one argument."""
    kinds = case.tool.arguments.kinds
    whole = {
        name: _example(name, member.kind, examples) for name, member in kinds.members.items() if not member.optional
    }
    declared = getattr(DECLARED[case.server], "OTHERS", {})
    others = declared.get(f"{case.tool.name}.{case.name}", declared.get(case.tool.name, {}))
    whole |= {name: examples[name] if value is EXAMPLE else value for name, value in others.items()}
    whole |= {name: examples[own] for name in whole if (own := f"{case.tool.name}.{name}") in examples}
    if "idempotency_key" in whole:
        whole["idempotency_key"] = secrets.token_urlsafe(16)
    return {key: value for key, value in placed(whole, kinds, case.path, given).items() if value is not None}


def _example(name: str, kind: Kind, examples: Examples) -> Any:
    if isinstance(kind, Items) and name in examples:
        return [examples[name]] * 2
    if isinstance(kind, Items) and isinstance(kind.item, Members):
        members = {key: member for key, member in kind.item.members.items() if not member.optional}
        return [{key: _example(key, member.kind, examples) for key, member in members.items()}]
    return examples.get(name, sample(kind))
