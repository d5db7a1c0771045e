"""What the policy file denies is refused by every way: lists, calls, reads, prompts, completions and subscriptions."""

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
from .streams import Stream
from .writes import is_done

POLICIES = share(0.0005, least=4)
"""Policies for each server; each is tried with every tool, in both revisions."""
PATTERNS = (
    "*",
    "*://*",
    "order*",
    "[rt]*",
    "get_*",
    "search_*",
    "list_*",
    "*_whoami",
    "update_*",
    "create_*",
    "?et_*",
    "[gl]*",
    "*e*",
    "nothing",
)


def drawn_policy(chance: random.Random, catalogue: Catalogue) -> dict[str, Any]:
    """A policy of one client; what it does not name is denied."""
    names = {"tools": [*catalogue.tools], "resources": catalogue.templates, "prompts": [*catalogue.prompts]}
    policy: dict[str, Any] = {"write": chance.random() < 0.5}
    for kind, known in names.items():
        # In a pattern [ab] is one of some; no name has such brackets.
        policy[kind] = chance.sample([*PATTERNS, *known], min(chance.randint(0, 4), len(known) + 1))
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
        self.server, self.client = server, client
        self.catalogue, self.policy, self.suite = catalogue, policy, suite
        self.wires = [server.wire(protocol=protocol, client_id=client) for protocol in (MODERN, LEGACY)]

    def allows(self, kind: str, name: str) -> bool:
        """As the file says it."""
        return any(fnmatchcase(name, pattern) for pattern in self.policy[kind])

    def allows_tool(self, tool: str) -> bool:
        """As the file says it, for a tool of any caller too."""
        if tool.endswith(("_whoami", "_confirm_action")):
            return True
        is_read = bool(self.catalogue.tools[tool]["annotations"]["readOnlyHint"])
        return self.allows("tools", tool) and (self.policy["write"] or is_read)

    async def run(self) -> None:
        """Every operation, listed and called."""
        allowed = {tool for tool in self.catalogue.tools if self.allows_tool(tool)}
        for wire in self.wires:
            await self._listed(wire, "tools/list", "tools", "name", allowed)
            for tool in self.catalogue.tools:
                if tool not in allowed:
                    arguments = self.catalogue.required(tool)
                    await self._refused(wire, "tools/call", {"name": tool, "arguments": arguments}, tool)
            await self._records(wire, allowed)
            await self._resources(wire)
            await self._prompts(wire)
            wire.cut()

    async def _resources(self, wire: Wire) -> None:
        """Resources, their completions and their subscriptions."""
        allowed = {uri for uri in self.catalogue.templates if self.allows("resources", uri)}
        await self._listed(wire, "resources/list", "resources", "uri", {uri for uri in allowed if "{" not in uri})
        templates = {uri for uri in allowed if "{" in uri}
        await self._listed(wire, "resources/templates/list", "resourceTemplates", "uriTemplate", templates)
        for template in set(self.catalogue.templates) - allowed:
            uri = self.catalogue.uri(template)
            await self._refused(wire, "resources/read", {"uri": uri}, uri)
            reference = {"type": "ref/resource", "uri": template}
            for argument in variables_of(template):
                await self._completes_nothing(wire, reference, argument)
            if wire is self.wires[0]:
                wanted = {"resourceSubscriptions": [uri]}
                async with Stream(self.server, wanted, self.server.token(client_id=self.client)) as stream:
                    heard = {} if stream.refusal is not None else await stream.event(5) or {}
                honoured = heard.get("params", {}).get("notifications", {}).get("resourceSubscriptions")
                self.suite.check(not honoured, f"{template} is denied, and was subscribed to", self.policy)

    async def _prompts(self, wire: Wire) -> None:
        """Prompts and their completions."""
        allowed = {prompt for prompt in self.catalogue.prompts if self.allows("prompts", prompt)}
        await self._listed(wire, "prompts/list", "prompts", "name", allowed)
        for prompt in set(self.catalogue.prompts) - allowed:
            given = dict.fromkeys(self.catalogue.prompts[prompt], "1")
            await self._refused(wire, "prompts/get", {"name": prompt, "arguments": given}, prompt)
            for argument in given:
                await self._completes_nothing(wire, {"type": "ref/prompt", "name": prompt}, argument)

    async def _listed(self, wire: Wire, method: str, member: str, key: str, expected: set[str]) -> None:
        _, message = await wire.request(method, {})
        listed = {one[key] for one in message.get("result", {}).get(member, ())}
        self.suite.check(listed == expected, f"{method}: {listed ^ expected} wrongly", self.policy)

    async def _refused(self, wire: Wire, method: str, params: dict[str, Any], name: str) -> None:
        _, message = await wire.request(method, params, name)
        self.suite.check(not is_done(message), f"{name} is denied, and was done", (self.policy, message))

    async def _completes_nothing(self, wire: Wire, reference: dict[str, Any], argument: str) -> None:
        params = {"ref": reference, "argument": {"name": argument, "value": ""}}
        _, message = await wire.request("completion/complete", params)
        values = message.get("result", {}).get("completion", {}).get("values")
        self.suite.check(not values, f"{reference} is denied, and completed", (self.policy, message))

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


def variables_of(template: str) -> list[str]:
    """The names of its variables."""
    return [part.partition("}")[0].strip("+") for part in template.split("{")[1:]]


async def listed_tools(wire: Wire) -> list[dict[str, Any]]:
    _, message = await wire.request("tools/list", {})
    tools: list[dict[str, Any]] = message["result"]["tools"]
    return tools


async def reloaded(server: Server, file: Path, policies: dict[str, dict[str, Any]]) -> None:
    """Write the file, and return when the server uses it."""
    marked = {**policies, "the-last": {"tools": ["nothing"]}}  # tells that the file was read
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
        for client, policy in policies.items():
            await Trial(server, catalogue, client, policy, suite).run()
