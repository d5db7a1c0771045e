"""A write whose earlier attempt has an unknown outcome: its effect is looked for before it is made again."""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from pydantic import BaseModel

from servicekit.audit.file import AuditFile
from servicekit.core.identity import ServerIdentity
from servicekit.journal.effect_id import current_effect_id
from servicekit.journal.redis import RedisJournal
from servicekit.registry.tools import write
from servicekit.server.service import Service
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.writes_database import new_key, text_of

SCOPE = "parcels:send"


class Parcel(BaseModel):
    number: int


class Depot:
    """Parcels that were sent, by the id of their attempt; an attempt fails before or after its effect."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.looked = 0
        self.fails: str | None = None

    async def send_parcel(self, text: str) -> Parcel:
        """Send a parcel."""
        if self.fails == "before":
            raise RuntimeError("lost on the way there")
        self.sent.append(f"{text} {current_effect_id()}")
        if self.fails == "after":
            raise RuntimeError("lost on the way back")
        return Parcel(number=len(self.sent))

    async def find_parcel(self, **_: object) -> Parcel | None:
        """What an earlier attempt sent."""
        self.looked += 1
        found = [number for number, one in enumerate(self.sent, 1) if one.endswith(str(current_effect_id()))]
        return Parcel(number=found[0]) if found else None


@dataclass
class Server:
    """A server of the depot, and its audit file."""

    client: Client
    depot: Depot
    audit: Path

    async def send(self, key: str) -> Any:
        return await self.client.call_tool("send_parcel", {"text": "box", "idempotency_key": key})

    def details(self) -> list[Any]:
        """What the audit entries say beside their outcome, newest last."""
        lines = self.audit.read_text().splitlines()
        return [line for line in map(json.loads, lines) if "recovered" in json.dumps(line)]


@pytest.fixture
async def server(valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    # Its process is taken for dead at once.
    monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", -1.0)
    name, depot, audit = f"depot-{secrets.token_hex(4)}", Depot(), tmp_path / "audit"
    store = RedisStore(valkey_url)
    service = Service(
        settings=app_settings(),
        identity=ServerIdentity(name="depot", title="Depot", version="1", instructions=""),
        components=[store],
        journal=RedisJournal(name, store, AuditFile(audit)),
        tools=[write(depot.send_parcel, scope=SCOPE, recover=depot.find_parcel)],
    )
    async with service.running(), connect(service, caller(SCOPE)) as client:
        yield Server(client, depot, audit)


async def test_an_effect_that_was_found_is_not_made_again(server: Server) -> None:
    key = new_key()
    server.depot.fails = "after"
    assert (await server.send(key)).is_error
    server.depot.fails = None
    result = await server.send(key)
    assert result.structured_content == {"number": 1}
    assert "An earlier attempt had taken effect already" in result.content[1].text
    assert len(server.depot.sent) == 1
    (entry,) = server.details()
    assert '"recovered": true' in json.dumps(entry).replace('\\"', '"').replace('":true', '": true')


async def test_an_effect_that_was_not_found_is_made(server: Server) -> None:
    key = new_key()
    server.depot.fails = "before"
    assert (await server.send(key)).is_error
    server.depot.fails = None
    result = await server.send(key)
    assert result.structured_content == {"number": 1}
    assert len(result.content) == 1
    assert (len(server.depot.sent), server.depot.looked) == (1, 1)
    assert server.details() == []


async def test_a_first_attempt_looks_for_nothing(server: Server) -> None:
    result = await server.send(new_key())
    assert text_of(result) == '{"number":1}'
    assert server.depot.looked == 0
