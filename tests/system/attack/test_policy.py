"""What the policy file denies is refused by every way: lists, calls in both revisions, prompts of denied tools."""

import random
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from tests.system.load.sizes import SEED
from tests.system.load.wire import LEGACY, MODERN, Wire

from .catalogue import Catalogue, read_catalogue
from .fleet import DESCRIPTIONS, Fleet, Server
from .report import REPORT, Suite
from .sizes import share
from .writes import is_done

POLICIES = share(0.0005, least=4)
"""Policies for each server; each is tried with every tool, in both revisions."""
PATTERNS = ("*", "get_*", "search_*", "list_*", "*_whoami", "update_*", "create_*", "?et_*", "[gl]*", "*e*", "nothing")


def drawn_policy(chance: random.Random, catalogue: Catalogue) -> dict[str, Any]:
    """A policy of one client."""
    names = chance.sample([*PATTERNS, *catalogue.tools], chance.randint(0, 4))
    policy: dict[str, Any] = {"tools": names, "write": chance.random() < 0.5}
    if chance.random() < 0.5:
        policy["max_records"] = chance.randint(1, 3)
    return policy


@pytest.fixture(params=DESCRIPTIONS)
def guarded(request: pytest.FixtureRequest, fleet: Fleet) -> Any:
    """Each server in turn, with a policy file."""
    file = fleet.folder / f"{request.param}-policy.yaml"
    file.write_text(yaml.safe_dump({"version": 1}))
    server = fleet.start(request.param, policy_file=str(file))
    yield server, file
    server.victim.kill()


class Trial:
    """One policy of one client, which needs no reload: every policy has a client of its own."""

    def __init__(self, server: Server, catalogue: Catalogue, client: str, policy: dict[str, Any], suite: Suite) -> None:
        self.catalogue, self.policy, self.suite = catalogue, policy, suite
        self.wires = [server.wire(protocol=protocol, client_id=client) for protocol in (MODERN, LEGACY)]

    def allows(self, tool: str) -> bool:
        """As the file says it, for a tool that needs a scope."""
        published = self.catalogue.tools[tool]
        named = any(fnmatchcase(tool, pattern) for pattern in self.policy["tools"])
        return named and (self.policy["write"] or bool(published["annotations"]["readOnlyHint"]))

    async def run(self, open_tools: set[str]) -> None:
        for wire in self.wires:
            listed = {tool["name"] for tool in await listed_tools(wire)}
            expected = {tool for tool in self.catalogue.tools if tool in open_tools or self.allows(tool)}
            self.suite.check(listed == expected, f"listed {listed ^ expected} wrongly", self.policy)
            for tool in self.catalogue.tools:
                if tool not in expected:
                    _, message = await wire.call(tool, self.catalogue.required(tool))
                    self.suite.check(not is_done(message), f"{tool} is denied, and was done", (self.policy, message))
            await self._records(wire, expected)
            wire.cut()

    async def _records(self, wire: Wire, tools: set[str]) -> None:
        """No list has more records than the policy allows."""
        most = self.policy.get("max_records")
        for tool in sorted(tools):
            if most is None or "cursor" not in self.catalogue.tools[tool]["inputSchema"].get("properties", {}):
                continue
            _, message = await wire.call(tool, {**self.catalogue.required(tool), "limit": 50})
            content = message.get("result", {}).get("structuredContent") or {}
            found = len(content.get("items") or content.get("rows") or [])
            self.suite.check(found <= most, f"{tool} gave {found} records of at most {most}", self.policy)


async def listed_tools(wire: Wire) -> list[dict[str, Any]]:
    _, message = await wire.request("tools/list", {})
    tools: list[dict[str, Any]] = message["result"]["tools"]
    return tools


async def reloaded(server: Server, file: Path, policies: dict[str, dict[str, Any]]) -> None:
    """Write the file, and return when the server uses it."""
    marked = {**policies, "the-last": {"tools": ["nothing"]}}
    await anyio.Path(file).write_text(yaml.safe_dump({"version": 1, "clients": marked}))
    wire = server.wire(client_id="the-last")
    for _ in range(5000):
        if len(await listed_tools(wire)) < 10:
            break
    else:
        pytest.fail("the policy file was not read again")
    wire.cut()


@pytest.mark.slow
async def test_what_a_policy_denies_is_refused(guarded: tuple[Server, Path]) -> None:
    server, file = guarded
    chance = random.Random(SEED)
    with REPORT.suite("policy") as suite:
        catalogue = await read_catalogue(server)
        policies = {f"client-{number}": drawn_policy(chance, catalogue) for number in range(POLICIES)}
        await reloaded(server, file, policies)
        bare = server.wire(scopes=[])
        own = {tool["name"] for tool in await listed_tools(bare)}
        open_tools = {name for name in own if not name.endswith("_list_my_actions")}  # whatever a policy names
        bare.cut()
        for client, policy in policies.items():
            await Trial(server, catalogue, client, policy, suite).run(open_tools)
