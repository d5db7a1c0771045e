"""Secrets planted in inputs are in no log, no audit trail and no answer to another caller."""

import asyncio
import json
import random
import string
from typing import Any
from uuid import uuid4

import anyio
import pytest

from devkit.client.api_key import make_key
from tests.system.load.sizes import SEED

from .catalogue import Catalogue, read_catalogue
from .connection import Connection, signed_in
from .fleet import Server
from .report import REPORT, Suite
from .sizes import share
from .writes import WITH_DATABASE, counting

CASES = share(0.01)
_HEADERS = (
    "User-Agent",
    "X-Request-Id",
    "traceparent",
    "tracestate",
    "Mcp-Session-Id",
    "Last-Event-ID",
    "X-MCP-Toolsets",
    "Referer",
)


def planted(chance: random.Random) -> str:
    """A secret of a known format, which no other text contains."""

    def letters(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return "".join(chance.choice(alphabet) for _ in range(count))

    return chance.choice(
        (
            make_key("robot", subject="robot", tenant="acme", scopes=[], days=1).key,
            f"ghp_{letters(36)}",
            f"github_pat_{letters(22)}_{letters(59)}",
            f"AKIA{letters(16, string.ascii_uppercase + string.digits)}",
            f"sk-{letters(48)}",
            f"xoxb-{letters(12, string.digits)}-{letters(12, string.digits)}-{letters(24)}",
            f"eyJhbGciOiJSUzI1NiJ9.{letters(60)}.{letters(80)}",
        )
    )


class Planter:
    """Sends calls with a secret somewhere in them."""

    def __init__(self, server: Server, catalogue: Catalogue, chance: random.Random) -> None:
        self._server, self._catalogue, self._chance = server, catalogue, chance
        self._head = signed_in(server, server.token(subject="planter"))
        self.secrets: list[str] = []

    async def once(self, connection: Connection) -> None:
        """One call, with its secret in one of the places that a client controls."""
        chance, secret = self._chance, planted(self._chance)
        self.secrets.append(secret)
        tool = chance.choice(list(self._catalogue.tools))
        arguments = self._catalogue.required(tool)
        headers, message_id, meta = self._head, chance.choice((1, "a")), dict[str, Any]()
        place = chance.randrange(6)
        if place == 0:
            headers += f"{chance.choice(_HEADERS)}: {secret}\r\n"
        elif place == 1:
            message_id = secret
        elif place == 2:
            meta = {"progressToken": secret, "io.modelcontextprotocol/clientInfo": {"name": secret, "version": secret}}
        elif place == 3:
            arguments["idempotency_key"] = secret
        elif place == 4:
            arguments[secret] = secret
        else:
            texts = [name for name, value in arguments.items() if isinstance(value, str)] or ["x"]
            name = chance.choice(texts)
            arguments[name] = chance.choice((secret, f"Bearer {secret}", f"{arguments.get(name, '')} {secret}"))
        params = {"name": tool, "arguments": arguments, "_meta": meta}
        body = {"jsonrpc": "2.0", "id": message_id, "method": "tools/call", "params": params}
        await connection.post(headers, json.dumps(body).encode())


async def attack(server: Server, suite: Suite, count: int) -> None:
    planter = Planter(server, await read_catalogue(server), random.Random(SEED))
    with Connection(server.base_url) as connection:
        for _ in range(count):
            suite.case()
            await planter.once(connection)
    marker = f"leak-{uuid4().hex[:8]}"
    wire = server.wire(subject=marker)
    sinks = {"another caller": ""}
    for tool in (f"{server.name}_list_my_actions", f"{server.name}_whoami"):
        _, message = await wire.call(tool, {})
        sinks["another caller"] += json.dumps(message)
    wire.cut()
    async with asyncio.timeout(20):
        while marker not in await audit_of(server):  # noqa: ASYNC110 - reads are recorded in batches, in their order
            await asyncio.sleep(0.1)
    sinks |= {"audit trail": await audit_of(server), "log": server.log.read_text(errors="replace")}
    suite.check("planter" in sinks["audit trail"], f"{server.name}: the calls are not in the audit trail")
    suite.check("tools/call" in sinks["log"], f"{server.name}: the calls are not in the log")
    for sink, text in sinks.items():
        found = [secret for secret in planter.secrets if secret in text]
        suite.check(
            not found, f"{server.name}: {len(found)} secrets in the {sink}", [excerpt(text, one) for one in found[:3]]
        )


def excerpt(text: str, secret: str) -> str:
    place = text.index(secret)
    return text[max(0, place - 300) : place + 100]


async def audit_of(server: Server) -> str:
    """The whole audit trail, as text."""
    if server.name not in WITH_DATABASE:
        return await anyio.Path(server.settings["audit_file"]).read_text()
    async with counting(server) as connection:
        rows = await connection.fetch(f"SELECT entry FROM {server.name}.audit_log")
    return "\n".join(row[0] for row in rows)


@pytest.mark.slow
async def test_planted_secrets_are_not_on_record(servers: dict[str, Server]) -> None:
    with REPORT.suite("leaks") as suite:
        await asyncio.gather(*(attack(server, suite, CASES // len(servers)) for server in servers.values()))
