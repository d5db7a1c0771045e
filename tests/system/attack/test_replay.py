"""At most one effect: keys, codes and sealed states used again, at once, over two replicas, and by other callers."""

import asyncio
import json
import random
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from tests.system.load.sizes import SEED
from tests.system.load.wire import Wire, text_of

from .fleet import Fleet, Server
from .report import REPORT, Suite
from .sizes import share
from .writes import WITH_DATABASE, Write, Writes, code_in, counting, effects, is_done, is_replayed, perform

ROUNDS = share(0.0004, least=1)
"""Rounds over all write tools of a server; a scenario makes some ten calls."""
AT_ONCE = 8
AGREES = {"confirmation": {"action": "accept", "content": {"agree": True}}}
ELICITS = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}


@pytest.fixture(scope="session")
def replicas(fleet: Fleet, servers: dict[str, Server]) -> dict[str, tuple[Server, Server]]:
    """Two replicas of each service that writes to a database, and of github."""
    return {
        name: (servers[name], fleet.start(name, public_url=servers[name].endpoint))
        for name in (*WITH_DATABASE, "github")
    }


class Scene:
    """Clients at both replicas, and the count of effects."""

    def __init__(self, pair: tuple[Server, Server], connection: asyncpg.Connection, suite: Suite) -> None:
        self.pair, self.connection, self.suite = pair, connection, suite
        self.wires = [pair[number % 2].wire() for number in range(AT_ONCE)]
        self.stranger = pair[1].wire(subject="eve")
        self.foreign = pair[1].wire("globex", "ann")
        self.expected: dict[str, int] = {}

    def cut(self) -> None:
        for wire in (*self.wires, self.stranger, self.foreign):
            wire.cut()

    async def count(self) -> int:
        return await effects(self.pair[0], self.connection)

    async def judge(self, write: Write, before: int, story: str, messages: list[dict[str, Any]]) -> None:
        """Exactly one effect, as large as that of a plain call of the tool."""
        added = await self.count() - before
        wanted = self.expected[write.tool]
        seen = f"{write} -> {[json.dumps(one)[:300] for one in messages]}"
        self.suite.check(added == wanted, f"{story}: {write.tool} left {added} rows instead of {wanted}", seen)


async def learn(scene: Scene, write: Write) -> None:
    """How many rows a tool adds."""
    before = await scene.count()
    message = await perform(scene.wires[0], write, write.keyed())
    assert is_done(message), (write, message)
    scene.expected[write.tool] = await scene.count() - before
    assert scene.expected[write.tool] > 0, write


async def same_key_at_once(scene: Scene, write: Write, chance: random.Random) -> None:
    """Many calls with one key; some of them with another argument."""
    key, before = str(uuid4()), await scene.count()
    asked = write.keyed(key)
    if write.confirmed:
        _, preview = await scene.wires[0].call(write.tool, asked)
        code = code_in(preview)
        confirm = f"{scene.pair[0].name}_confirm_action"
        calls = [wire.call(confirm, {"code": code}) for wire in scene.wires]
    else:
        calls = [wire.call(write.tool, asked) for wire in scene.wires]
    messages = [message for _, message in await asyncio.gather(*calls)]
    await scene.judge(write, before, "one key or code at once", messages)
    done = [message for message in messages if is_done(message)]
    scene.suite.check(len([m for m in done if not is_replayed(m)]) == 1, "not one call was the first", messages)
    other = {**asked, **_changed(write, chance)}
    _, refused = await chance.choice(scene.wires).call(write.tool, other)
    scene.suite.check(not is_done(refused), "a key was taken with other arguments", refused)
    if not write.confirmed:
        _, replay = await scene.wires[1].call(write.tool, asked)
        scene.suite.check(is_replayed(replay), "the retry was not answered with the first reply", replay)
    await scene.judge(write, before, "after retries", messages)


async def codes_of_others(scene: Scene, write: Write) -> None:
    """A code of another caller does nothing, and is still good for its own."""
    before = await scene.count()
    _, preview = await scene.wires[0].call(write.tool, write.keyed())
    code, confirm = code_in(preview), f"{scene.pair[0].name}_confirm_action"
    assert code is not None, preview
    for wire in (scene.stranger, scene.foreign):
        _, refused = await wire.call(confirm, {"code": code})
        scene.suite.check(not is_done(refused), "a code of another caller was taken", refused)
    scene.suite.check(await scene.count() == before, "a code of another caller had an effect", write)
    messages = [(await wire.call(confirm, {"code": code}))[1] for wire in scene.wires[:3]]
    await scene.judge(write, before, "a code used three times", messages)


async def sealed_states(scene: Scene, write: Write) -> None:
    """A sealed state works once, for its caller, its arguments and its tool."""
    before, asked = await scene.count(), write.keyed()
    wire = scene.wires[0]
    _, first = await wire.request("tools/call", {"name": write.tool, "arguments": asked, "_meta": ELICITS}, write.tool)
    state = first.get("result", {}).get("requestState")
    if state is None:
        scene.suite.fail("no sealed state came", first)
        return

    async def agree(who: Wire, arguments: dict[str, Any], sealed: str) -> dict[str, Any]:
        params = {"name": write.tool, "arguments": arguments, "requestState": sealed, "inputResponses": AGREES}
        _, message = await who.request("tools/call", {**params, "_meta": ELICITS}, write.tool)
        return message

    tampered = state[:-9] + ("A" if state[-9] != "A" else "B") + state[-8:]
    for who, arguments, sealed in (
        (scene.stranger, asked, state),
        (scene.foreign, asked, state),
        (wire, asked, tampered),
        (wire, {**asked, "idempotency_key": str(uuid4()), **_changed(write, random.Random(0))}, state),
    ):
        refused = await agree(who, arguments, sealed)
        scene.suite.check(not is_done(refused), "a state was taken from another caller, changed or spoiled", refused)
    scene.suite.check(await scene.count() == before, "a refused state had an effect", write)
    messages = await asyncio.gather(*(agree(one, asked, state) for one in scene.wires))
    await scene.judge(write, before, "a sealed state at once", messages)


def _changed(write: Write, chance: random.Random) -> dict[str, Any]:
    """Another value for one argument of text or number."""
    name = chance.choice([name for name, value in write.arguments.items() if isinstance(value, str | int)])
    value = write.arguments[name]
    return {name: value + 1 if isinstance(value, int) else f"{value} more"}


async def attack(pair: tuple[Server, Server], suite: Suite) -> None:
    chance = random.Random(SEED)
    async with counting(pair[0]) as connection:
        scene = Scene(pair, connection, suite)
        records = Writes(pair[0], scene.wires[0], connection)
        try:
            for write in await records.of_each_tool():
                await learn(scene, write)
            for _ in range(ROUNDS):
                for write in await records.of_each_tool():
                    await same_key_at_once(scene, write, chance)
                for story in (codes_of_others, sealed_states):
                    for write in await records.of_each_tool():
                        if write.confirmed:
                            await story(scene, write)
        finally:
            scene.cut()


@pytest.mark.slow
async def test_a_write_happens_once(replicas: dict[str, tuple[Server, Server]]) -> None:
    with REPORT.suite("replay") as suite:
        await asyncio.gather(*(attack(replicas[name], suite) for name in WITH_DATABASE))


@pytest.mark.slow
async def test_an_effect_at_github_happens_once(replicas: dict[str, tuple[Server, Server]]) -> None:
    pair = replicas["github"]
    with REPORT.suite("replay") as suite:
        wires = [pair[number % 2].wire(subject="replayer") for number in range(AT_ONCE)]
        for number in range(ROUNDS):
            title = f"Replayed {number} {uuid4().hex}"
            asked = {"owner": "acme", "repo": "website", "title": title, "idempotency_key": str(uuid4())}
            calls = (wire.call("create_issue", asked) for wire in wires)
            messages = [message for _, message in await asyncio.gather(*calls)]
            _, again = await wires[0].call("create_issue", asked)
            made = await issues_called(pair[0], title)
            suite.check(made == 1, f"{made} issues", [text_of(message)[:200] for message in (*messages, again)])
        for wire in wires:
            wire.cut()


async def issues_called(server: Server, title: str) -> int:
    """How many issues of the simulator have this title."""
    async with httpx2.AsyncClient() as http:
        from devkit.simulators.github.world import SIMULATED_TOKEN

        url = f"{server.upstream}/repos/acme/website/issues?per_page=100&state=all"
        found = await http.get(url, headers={"Authorization": f"Bearer {SIMULATED_TOKEN}"})
    return sum(issue["title"] == title for issue in found.json())
