"""Nothing of one tenant in an answer to another, whatever its ids, cursors, codes, keys and subscriptions are."""

import asyncio
import json
import random
import re
from collections import Counter
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.system.load.sizes import SEED

from .catalogue import Catalogue, read_catalogue
from .connection import Connection, signed_in
from .fleet import TENANTS, Server
from .inputs import Inputs
from .report import REPORT, Suite
from .sizes import share
from .streams import Stream
from .writes import WITH_DATABASE, Writes, code_in, counting, is_done

CASES = share(0.05)
EXAMPLES = {"9f86d081-884c-4d65-9a2f-6c1b8e0e2d11", "0198c5b2-7c1e-7d3a-9b54-1f0e2d3c4b5a", "ann@example.com"}
"""Names that a refusal gives as an example, which an input may have sent as its own."""
_WORDS = re.compile(r"[\w.+@-]{6,}")
_NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[^@]+@[^@]+\.\w+|marker-\w+")


def names_in(text: str) -> set[str]:
    """Ids, e-mail addresses and markers in a text."""
    words = {word.strip(".-") for word in _WORDS.findall(text)}
    return {word for word in words if len(word) < 100 and _NAMES.fullmatch(word)}


class Sides:
    """Two tenants of one server, and what belongs to only one of them.

    Attributes:
        own: by tenant: its ids, e-mail addresses and markers.
        sent: by tenant: those that its calls have named so far.
    """

    def __init__(self, server: Server, suite: Suite) -> None:
        self.server, self.suite = server, suite
        self.wires = {tenant: server.wire(tenant) for tenant in TENANTS}
        self.catalogues: dict[str, Catalogue] = {}
        self.inputs: dict[str, Inputs] = {}
        self.own: dict[str, set[str]] = {tenant: set() for tenant in TENANTS}
        self.sent: dict[str, set[str]] = {tenant: set() for tenant in TENANTS}

    async def learn(self) -> None:
        """Plant markers, then read what each tenant has."""
        for tenant in TENANTS:
            await self._plant(tenant)
            self.catalogues[tenant] = await read_catalogue(self.server, tenant)
            self.inputs[tenant] = Inputs(self.catalogues[tenant], SEED)
        if self.server.admin_url is not None:
            async with counting(self.server) as connection:
                for tenant in TENANTS:
                    self.own[tenant] |= names_in(await rows_of(connection, self.server.name, tenant))
        shared = set.intersection(*self.own.values())
        self.own = {tenant: names - shared - EXAMPLES for tenant, names in self.own.items()}

    async def _plant(self, tenant: str) -> None:
        """Texts of a tenant that are found in any answer; keys of a caller without a database."""
        wire = self.wires[tenant]
        for number in range(3):
            marker = f"marker-{tenant}{number}"
            self.own[tenant].add(marker)
            calls: dict[str, tuple[str, dict[str, Any]]] = {
                "weather": ("save_location", {"label": marker, "location": "Lisbon"}),
                "ticketing": (
                    "create_ticket",
                    {
                        "title": marker,
                        "body": marker,
                        "queue_id": "it-support",
                        "requester_email": f"{marker}@x.example",
                    },
                ),
            }
            if self.server.name in calls:
                tool, arguments = calls[self.server.name]
                _, message = await wire.call(tool, {**arguments, "idempotency_key": str(uuid4())})
                assert is_done(message), message

    def check(self, tenant: str, story: str, asked: str, answer: str) -> None:
        """No name in the answer that is another tenant's, except what this tenant sent: it may have saved a guess."""
        (other,) = set(TENANTS) - {tenant}
        self.sent[tenant] |= names_in(asked)
        foreign = names_in(answer) & self.own[other] - self.sent[tenant]
        self.suite.check(not foreign, f"{story}: {tenant} received {foreign}", f"{asked}\n      -> {answer[:500]}")

    def cut(self) -> None:
        for wire in self.wires.values():
            wire.cut()


async def rows_of(connection: asyncpg.Connection, schema: str, tenant: str) -> str:
    """Every row of a tenant, as text."""
    tables = await connection.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = $1 AND column_name = 'tenant_id'",
        schema,
    )
    texts = []
    for (table,) in tables:
        rows = await connection.fetch(f"SELECT t::text FROM {schema}.{table} AS t WHERE tenant_id = $1", tenant)
        texts += [row[0] for row in rows]
    return "\n".join(texts)


async def guessed_inputs(sides: Sides, count: int) -> Counter[str]:
    """Inputs of each tenant, made with the values of the other."""
    statuses = Counter[str]()

    async def side(tenant: str) -> None:
        (other,) = set(TENANTS) - {tenant}
        inputs = sides.inputs[other]
        head = signed_in(sides.server, sides.server.token(tenant))
        with Connection(sides.server.base_url) as connection:
            for _ in range(count // 2):
                one = inputs.draw()
                async with asyncio.timeout(20):
                    answer = await connection.post(head + one.headers, one.body, streams=one.wants_stream)
                statuses[str(answer.status)] += 1
                sides.check(tenant, "guessed", str(one), answer.body.decode("utf-8", "replace"))

    await asyncio.gather(*map(side, TENANTS))
    return statuses


async def foreign_cursors(sides: Sides) -> None:
    """Cursors of one tenant, of its other users, and of another tool, are refused."""
    for tool, published in sides.catalogues["acme"].tools.items():
        if "cursor" not in published["inputSchema"].get("properties", {}):
            continue
        arguments = {**sides.catalogues["acme"].required(tool), "limit": 1}
        _, page = await sides.wires["acme"].call(tool, arguments)
        cursor = (page.get("result", {}).get("structuredContent") or {}).get("next_cursor")
        if cursor is None:
            continue
        _, right = await sides.wires["acme"].call(tool, {**arguments, "cursor": cursor})
        sides.suite.check(is_done(right), f"{tool}: its own cursor is refused", right)
        wire = sides.server.wire("acme", "eve")
        for who, name in ((sides.wires["globex"], "globex"), (wire, "acme")):
            _, refused = await who.call(tool, {**arguments, "cursor": cursor})
            if name == "globex":
                sides.check(name, "cursor", json.dumps(arguments), json.dumps(refused))
            sides.suite.check(not is_done(refused), f"{tool}: a cursor of another caller was taken", refused)
        wire.cut()


async def foreign_keys_and_codes(sides: Sides) -> None:
    """The key of another tenant's write gives a refusal or a result of one's own; its code gives nothing."""
    async with counting(sides.server) as connection:
        writes = await Writes(sides.server, sides.wires["acme"], connection).of_each_tool()
        for write in writes:
            asked = write.keyed(f"shared-{uuid4()}")
            _, mine = await sides.wires["acme"].call(write.tool, asked)
            _, theirs = await sides.wires["globex"].call(write.tool, asked)
            replayed = (theirs.get("result", {}).get("_meta") or {}).get("fleet/replayed")
            sides.suite.check(not replayed, f"{write.tool}: the reply of another tenant was repeated", theirs)
            sides.check("globex", "key", json.dumps(asked), json.dumps(theirs))
            if (code := code_in(mine)) is not None:
                _, refused = await sides.wires["globex"].call(f"{sides.server.name}_confirm_action", {"code": code})
                sides.suite.check(not is_done(refused), "a code of another tenant was taken", refused)
                sides.check("globex", "code", code, json.dumps(refused))


async def foreign_changes(sides: Sides) -> None:
    """A stream hears the changes of its own tenant, and of no other, also where both have the same ticket number."""
    async with counting(sides.server) as connection:
        numbers = {
            tenant: {
                row[0]
                for row in await connection.fetch("SELECT number FROM ticketing.tickets WHERE tenant_id = $1", tenant)
            }
            for tenant in TENANTS
        }
    (number,) = random.Random(SEED).sample(sorted(numbers["acme"] & numbers["globex"]), 1)
    uri = f"ticket://T-{number}"
    wanted = {"resourceSubscriptions": [uri]}
    async with Stream(sides.server, wanted, sides.server.token("globex")) as stream:
        sides.suite.check(await stream.event(5) is not None, "no acknowledgement", uri)
        note = {"ticket_id": f"T-{number}", "body": f"Note {uuid4()}"}
        _, done = await sides.wires["acme"].call("add_internal_note", note)
        sides.suite.check(is_done(done), "no note", done)
        _, done = await sides.wires["globex"].call("add_internal_note", {**note, "body": "marker-globex0"})
        sides.suite.check(is_done(done), "no note", done)
        event = await stream.event(5)
        sides.suite.check(event is not None, "its own change was not announced", uri)
        sides.suite.check(await stream.event(0.5) is None, "a change of another tenant was announced", uri)
    only_acme = min(numbers["acme"] - numbers["globex"])
    async with Stream(
        sides.server, {"resourceSubscriptions": [f"ticket://T-{only_acme}"]}, sides.server.token("globex")
    ) as stream:
        sides.suite.check(stream.refusal is not None, "a stream of another tenant's ticket was opened", only_acme)


async def attack(sides: Sides, count: int) -> None:
    server, suite = sides.server, sides.suite
    try:
        if server.name in WITH_DATABASE:
            # A search for what an answer must not have would find nothing in a server without data.
            assert all(len(sides.own[tenant]) > 50 for tenant in TENANTS), server.name
            await foreign_keys_and_codes(sides)
        await foreign_cursors(sides)
        if server.name == "ticketing":
            await foreign_changes(sides)
        statuses = await guessed_inputs(sides, count)
        suite.notes.append(f"{server.name}: {dict(statuses)}, {min(map(len, sides.own.values()))} names or more")
    finally:
        sides.cut()


@pytest.mark.slow
async def test_tenants_see_nothing_of_each_other(servers: dict[str, Server]) -> None:
    with REPORT.suite("tenancy") as suite:
        all_sides = [Sides(server, suite) for server in servers.values()]
        for sides in all_sides:  # drawing arguments takes seconds, in which no connection may wait for this process
            await sides.learn()
        await asyncio.gather(*(attack(sides, CASES // len(servers)) for sides in all_sides))
