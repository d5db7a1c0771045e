"""A code stands for one call of one caller, in the journal: in Postgres, or in Redis."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from jsonschema import Draft202012Validator
from mcp.client import Client

from servicekit.audit.file import AuditFile
from servicekit.core.caller import Caller, acting_as
from servicekit.journal.pending import LIFETIME, MAX_PENDING, MAX_WRONG, TooManyWrongCodes
from servicekit.journal.postgres import PostgresJournal
from servicekit.journal.protocol import Journal
from servicekit.journal.redis import RedisJournal
from servicekit.storage.postgres.database import Database
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.writes_app import EVERYTHING, SCHEMA
from tests.servicekit.apps.writes_database import (
    ANN,
    WritesDatabase,
    confirmation_in,
    new_key,
    text_of,
    together,
)

TAKE = {"account_id": "till", "amount": 100}
BOB = caller(*EVERYTHING, subject="bob")


async def preview(client: Client) -> tuple[str, dict[str, str]]:
    return confirmation_in(await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()}))


@pytest.mark.parametrize("changed", [{"subject": "bob"}, {"client_id": "other"}, {"tenant": "globex"}])
async def test_a_code_is_bound_to_its_caller(writes: WritesDatabase, changed: dict[str, Any]) -> None:
    async with writes.client() as client:
        confirmation = await preview(client)
    async with writes.client(caller(*EVERYTHING, **changed)) as client:
        other = await client.call_tool(*confirmation)
        unknown = await client.call_tool(confirmation[0], {"code": "A-0000-0000"})
    assert other.is_error
    assert text_of(other) == text_of(unknown)  # which codes exist is not given away
    assert "No preview of yours has this code." in text_of(other)
    assert (await writes.balance(), await writes.balance(tenant="globex")) == (1000, 70)


async def test_a_preview_survives_the_server_that_made_it(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        confirmation = await preview(client)
    service = writes.service(state_keys="another-key-of-32-characters-or-more")
    async with service.running(), connect(service, ANN) as client:
        assert not (await client.call_tool(*confirmation)).is_error
    assert await writes.balance() == 900


async def test_each_preview_has_a_code_of_its_own(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        asked = {**TAKE, "idempotency_key": new_key()}
        confirmations = [confirmation_in(await client.call_tool("withdraw", asked)) for _ in range(2)]
        first, second = [await client.call_tool(*confirmation) for confirmation in confirmations]
    assert (first.is_error, second.is_error) == (False, False)
    assert second.meta["fleet/replayed"] is True  # the same key: said, not done again
    assert await writes.balance() == 900


async def test_an_expired_code_says_so(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        old, young = [await preview(client) for _ in range(2)]
        await _age(writes, old, LIFETIME + 1)
        await _age(writes, young, LIFETIME - 60)
        refused = await client.call_tool(*old)
        assert text_of(refused).startswith("This code expired: it is valid for ten minutes.")
        assert not (await client.call_tool(*young)).is_error
    assert (LIFETIME, await writes.balance()) == (600, 900)


async def _age(writes: WritesDatabase, confirmation: tuple[str, dict[str, str]], seconds: int) -> None:
    age = "UPDATE {schema}.pending_confirmations SET created_at = now() - make_interval(secs => $1) WHERE code = $2"
    await writes.rows(age, seconds, confirmation[1]["code"].partition("-")[2].replace("-", ""))


async def test_a_code_of_another_version_is_refused(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        confirmation = await preview(client)
        await writes.rows('UPDATE {schema}.pending_confirmations SET content = \'{"tool": "withdraw"}\'')
        refused = await client.call_tool(*confirmation)
    assert (refused.is_error, await writes.balance()) == (True, 1000)
    assert "another version of this server" in text_of(refused)


async def test_guessing_is_stopped_for_the_guesser_alone(writes: WritesDatabase) -> None:
    async with writes.client() as client, writes.client(BOB) as other:
        confirmation, bobs = await preview(client), await preview(other)
        guesses = [(confirmation[0], {"code": f"A-0000-{number:04}"}) for number in range(40)]
        results = await together(*(client.call_tool(*guess) for guess in guesses))
        said = [text_of(result) for result in results]
        assert sum("No preview of yours" in words for words in said) == MAX_WRONG
        assert sum("Too many wrong confirmation codes" in words for words in said) == 40 - MAX_WRONG
        assert "Too many wrong" in text_of(await client.call_tool(*confirmation))
        assert not (await other.call_tool(*bobs)).is_error
        await writes.rows("UPDATE {schema}.wrong_codes SET created_at = created_at - interval '10 minutes'")
        again = confirmation_in(await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()}))
        assert not (await client.call_tool(*again)).is_error
    assert await writes.balance() == 800


async def test_what_is_no_code_of_this_server_is_no_guess(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        tool, right = await preview(client)
        for code in ("T-7K3M-9QXB", "certainly", "X-7K3M-9QXB") * 5:
            assert (await client.call_tool(tool, {"code": code})).is_error
        assert not (await client.call_tool(tool, right)).is_error


async def test_a_preview_fits_the_advertised_schema(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        tools = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        shown = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
        done = await client.call_tool(*confirmation_in(shown))
    validator = Draft202012Validator(tools["withdraw"])
    assert tools["withdraw"]["type"] == "object"
    for result in (shown, done):
        assert not result.is_error
        validator.validate(result.structured_content)
    assert not validator.is_valid({"status": "confirmation_required"})
    assert not validator.is_valid({"id": "till"})
    assert shown.structured_content["status"] == "confirmation_required"
    assert shown.structured_content["expires_at"].endswith("Z")
    assert "." not in shown.structured_content["expires_at"]


async def test_a_preview_says_what_was_understood_differently(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        asked = {
            **TAKE,
            "account_id": '<user_content source="customer">till</user_content>',
            "idempotency_key": new_key(),
        }
        shown = await client.call_tool("withdraw", asked)
        assert "marks around `account_id` were taken off" in shown.content[-1].text
        assert shown.structured_content["shown"]["account_id"] == "till"
        assert not (await client.call_tool(*confirmation_in(shown))).is_error
    assert await writes.balance() == 900


async def test_a_preview_leaves_its_key_and_its_audit_entry(writes: WritesDatabase) -> None:
    asked = {**TAKE, "idempotency_key": new_key()}
    async with writes.client() as client:
        confirmation = confirmation_in(await client.call_tool("withdraw", asked))
        assert not (await client.call_tool("withdraw", {**asked, "amount": 50})).is_error  # the key is still free
        assert not (await client.call_tool(*confirmation)).is_error
    outcomes = [entry["outcome"] for entry in await writes.audited()]
    assert outcomes.count("confirmation_required") == 2
    assert outcomes.count("ok") == 1


class Store(Protocol):
    """A journal that two replicas share."""

    def __call__(self) -> AbstractAsyncContextManager[Journal]: ...


@dataclass(frozen=True)
class Stores:
    postgres: WritesDatabase
    valkey_url: str
    directory: Path
    name: str

    @asynccontextmanager
    async def opened(self, kind: str) -> AsyncIterator[Journal]:
        if kind == "postgres":
            database = Database(self.postgres.urls.writer)
            await database.start()
            journal: Journal = PostgresJournal(database, SCHEMA)
            yield journal
            await database.stop()
        else:
            store = RedisStore(self.valkey_url)
            yield RedisJournal(self.name, store, AuditFile(self.directory / new_key()))
            await store.stop()


@pytest.fixture(params=["postgres", "redis"])
async def pair(
    request: pytest.FixtureRequest, writes: WritesDatabase, valkey_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Journal, Journal]]:
    """Two replicas on one store."""
    stores = Stores(writes, valkey_url, tmp_path, f"codes-{new_key()}")
    async with stores.opened(request.param) as one, stores.opened(request.param) as two:
        yield one, two


async def _found(journal: Journal, who: Caller, code: str) -> Any:
    with acting_as(who):
        found = await journal.find_pending(who, code)
    return json.loads(found.content) if found is not None else None


async def test_every_replica_finds_a_code(pair: tuple[Journal, Journal]) -> None:
    one, two = pair
    with acting_as(ANN):
        assert await one.keep_pending(ANN, "7K3M9QXB", '{"a": "é\\u0000⟦"}')
        assert not await two.keep_pending(ANN, "7K3M9QXB", "{}")  # a code is given out once
    assert await _found(two, ANN, "7K3M9QXB") == {"a": "é\0⟦"}
    assert await _found(two, BOB, "7K3M9QXB") is None
    assert await _found(two, caller(*EVERYTHING, tenant="globex"), "7K3M9QXB") is None


async def test_a_caller_has_a_bounded_number_of_codes(pair: tuple[Journal, Journal]) -> None:
    codes = [f"{number:08}" for number in range(MAX_PENDING + 3)]
    with acting_as(BOB):
        await pair[0].keep_pending(BOB, "7K3M9QXB", "{}")
    for number, code in enumerate(codes):
        with acting_as(ANN):
            assert await pair[number % 2].keep_pending(ANN, code, "{}")
    found = [await _found(pair[0], ANN, code) for code in codes[:4]]
    assert found == [None, None, None, {}]
    assert await _found(pair[0], ANN, codes[-1]) == {}
    assert await _found(pair[0], BOB, "7K3M9QXB") == {}


async def test_wrong_codes_are_counted_over_all_replicas(pair: tuple[Journal, Journal]) -> None:
    with acting_as(ANN):
        await pair[0].keep_pending(ANN, "7K3M9QXB", "{}")
    results = await together(*(_found(pair[number % 2], ANN, f"{number:08}") for number in range(30)))
    assert results.count(None) == MAX_WRONG
    assert sum(isinstance(result, TooManyWrongCodes) for result in results) == 30 - MAX_WRONG
    with pytest.raises(TooManyWrongCodes):
        await _found(pair[0], ANN, "7K3M9QXB")
    assert await _found(pair[1], BOB, "7K3M9QXB") is None
