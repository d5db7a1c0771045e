"""Writes of a service without a database: once, by what the shared store knows; where it cannot know, it says so."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from servicekit.audit.file import AuditFile
from servicekit.audit.hash_chain import verify
from servicekit.core.errors import NothingChanged, Overloaded, Refused, Unavailable
from servicekit.core.identity import ServerIdentity
from servicekit.journal.disabled import DisabledJournal, file_trail, journal_for
from servicekit.journal.effect_id import current_effect_id
from servicekit.journal.pending import KEPT, LIFETIME
from servicekit.journal.redis import RedisJournal
from servicekit.journal.redis_intents import StoredIntents
from servicekit.registry.preview import Preview
from servicekit.registry.tools import read, write
from servicekit.server.service import Service
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.writes_database import confirmation_in, new_key, text_of

SCOPE = "letters:send"
ANN = caller(SCOPE)


class Sent(BaseModel):
    """How many letters were sent so far."""

    count: int


class PostOffice:
    """What the tools reach outside; sends are counted, since nothing can take one back."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.fails: Exception | None = None
        self.after: Callable[[], Any] | None = None

    async def send_letter(self, text: str) -> Sent:
        """Send a letter."""
        if isinstance(self.fails, Refused | Overloaded | NothingChanged):
            raise self.fails
        await asyncio.sleep(0)
        self.sent.append(text)
        if self.fails is not None:
            raise self.fails
        if self.after is not None:
            await self.after()
        return Sent(count=len(self.sent))

    async def preview_burning(self, text: str) -> Preview:
        """What burning would do."""
        return Preview(effect=f"{len(text)} characters burn.", version=len(self.sent))

    async def burn_letter(self, text: str) -> Sent:
        """Burn a letter."""
        return await self.send_letter(text)

    async def post_parcel(self, text: str) -> Sent:
        """Send something that can be found again by its mark."""
        return await self.send_letter(f"{text} {current_effect_id()}")

    async def find_parcel(self, **_: object) -> Sent | None:
        """What an earlier attempt sent."""
        place = next((place for place, one in enumerate(self.sent, 1) if current_effect_id() in one), None)
        return Sent(count=place) if place is not None else None

    async def preview_postcard(self, text: str) -> Preview | None:
        """Only a long one needs consent."""
        return Preview(effect=f"{len(text)} characters for all to read.", version=1) if len(text) > 10 else None

    async def send_postcard(self, text: str) -> Sent:
        """Send a postcard."""
        return await self.send_letter(text)

    async def count_letters(self) -> Sent:
        """Count."""
        return Sent(count=len(self.sent))


Open = Callable[..., Any]


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


@pytest.fixture
def replica(valkey_url: str, tmp_path: Path, office: PostOffice) -> Open:
    """Opens a server of the office; each has an audit file of its own, and all share one store."""
    from contextlib import asynccontextmanager

    name = f"post-{secrets.token_hex(4)}"

    @asynccontextmanager
    async def run(
        url: str = valkey_url, who: Any = ANN, audit: Path | None = None, **options: Any
    ) -> AsyncIterator[Any]:
        store = RedisStore(url)
        service = Service(
            settings=app_settings(**options.pop("settings", {})),
            identity=ServerIdentity(name="post", title="Post", version="1", instructions=""),
            components=[store],
            journal=RedisJournal(name, store, AuditFile(audit or tmp_path / f"audit-{secrets.token_hex(4)}")),
            tools=[
                write(office.send_letter, scope=SCOPE),
                write(office.burn_letter, scope=SCOPE, destructive=True, confirm=office.preview_burning),
                write(office.post_parcel, scope=SCOPE, recover=office.find_parcel),
                write(office.send_postcard, scope=SCOPE, confirm=office.preview_postcard),
                read(office.count_letters, scope=SCOPE),
            ],
        )
        async with service.running(), connect(service, who, **options) as client:
            yield client

    return run


async def test_50_calls_with_one_key_have_one_effect(replica: Open, office: PostOffice) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as one, replica() as two:
        results = await asyncio.gather(*((one, two)[n % 2].call_tool("send_letter", arguments) for n in range(50)))
        other = await one.call_tool("send_letter", {**arguments, "text": "other"})
    assert {text_of(result) for result in results} == {'{"count":1}'}
    assert [bool((result.meta or {}).get("fleet/replayed")) for result in results].count(False) == 1
    assert text_of(other).startswith("This idempotency_key was used for a call with other arguments.")
    assert office.sent == ["hello"]


async def test_without_a_key_a_repeat_by_one_caller_is_replayed(replica: Open, office: PostOffice) -> None:
    async with replica() as client, replica(who=caller(SCOPE, subject="bob")) as bob:
        first = await client.call_tool("send_letter", {"text": "hello"})
        again = await client.call_tool("send_letter", {"text": "hello"})
        await bob.call_tool("send_letter", {"text": "hello"})
    assert again.structured_content == first.structured_content
    assert "send a new idempotency_key" in again.content[1].text
    assert office.sent == ["hello", "hello"]


@pytest.mark.parametrize("failure", [Refused("Not today."), Overloaded(2), NothingChanged("post")])
async def test_what_did_nothing_burns_no_key(replica: Open, office: PostOffice, failure: Exception) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as client:
        office.fails = failure
        assert (await client.call_tool("send_letter", arguments)).is_error
        office.fails = None
        assert (await client.call_tool("send_letter", arguments)).structured_content == {"count": 1}


@pytest.mark.parametrize("failure", [RuntimeError("a bug"), Unavailable("post"), asyncio.CancelledError()])
async def test_an_unknown_outcome_is_reported_and_not_repeated(
    replica: Open, office: PostOffice, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its process is taken for dead at once.
    monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", -1.0)
    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as client:
        office.fails = failure
        assert (await client.call_tool("send_letter", arguments)).is_error
        office.fails = None
        for _ in range(2):
            result = await client.call_tool("send_letter", arguments)
            assert "whether it took effect is unknown" in text_of(result)
            assert "call with a new idempotency_key" in text_of(result)
        assert office.sent == ["hello"]
        await client.call_tool("send_letter", {**arguments, "idempotency_key": new_key()})
    assert office.sent == ["hello", "hello"]


async def test_a_call_under_way_elsewhere_is_waited_for(replica: Open, office: PostOffice) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    started, go = asyncio.Event(), asyncio.Event()

    async def linger() -> None:
        started.set()
        await go.wait()

    office.after = linger
    async with replica() as one, replica() as two:
        first = asyncio.create_task(one.call_tool("send_letter", arguments))
        await started.wait()
        second = asyncio.create_task(two.call_tool("send_letter", arguments))
        await asyncio.wait([second], timeout=0.2)
        assert not second.done()
        go.set()
        assert (await second).structured_content == (await first).structured_content == {"count": 1}


async def test_consent(replica: Open, office: PostOffice) -> None:
    async with replica() as one, replica() as two:
        preview = await one.call_tool("burn_letter", {"text": "hello", "idempotency_key": new_key()})
        assert text_of(preview).startswith("Nothing was done yet. 5 characters burn.")
        confirmation = confirmation_in(preview)
        results = await asyncio.gather(*((one, two)[n % 2].call_tool(*confirmation) for n in range(20)))
    done = [result for result in results if not result.is_error]
    assert (len(done), office.sent) == (1, ["hello"])
    assert {text_of(result)[:35] for result in results if result.is_error} == {"This confirmation was used already:"}


async def test_an_expired_code_says_so(replica: Open, office: PostOffice, valkey_url: str) -> None:
    async with replica() as one:
        arguments = {"text": "hello", "idempotency_key": new_key()}
        tool, code = confirmation_in(await one.call_tool("burn_letter", arguments))
        store = RedisStore(valkey_url)
        (name,) = [name async for name in store.redis.scan_iter(f"*:{code['code'][2:].replace('-', '')}")]
        assert KEPT - 60 < await store.redis.ttl(name) <= KEPT
        await store.redis.expire(name, KEPT - LIFETIME - 1)
        refused = await one.call_tool(tool, code)
        await store.stop()
    assert "This code expired: it is valid for ten minutes." in text_of(refused)
    assert office.sent == []


async def test_a_preview_that_is_not_stored_is_unavailable(
    replica: Open, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> bool:
        raise Unavailable("store")

    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as client:
        with monkeypatch.context() as during:
            during.setattr(RedisJournal, "keep_pending", away)
            refused = await client.call_tool("burn_letter", arguments)
        assert refused.is_error
        assert text_of(refused).startswith("The store is not answering at the moment. Nothing was changed")
        assert not (await client.call_tool(*confirmation_in(await client.call_tool("burn_letter", arguments)))).is_error
    assert office.sent == ["hello"]


async def test_without_the_store_nothing_is_written_and_reads_go_on(replica: Open, office: PostOffice) -> None:
    async with replica("redis://127.0.0.1:1/0") as client:
        result = await client.call_tool("send_letter", {"text": "hello"})
        assert text_of(result).startswith("The store is not answering at the moment. Nothing was changed")
        assert not (await client.call_tool("count_letters", {})).is_error
    assert office.sent == []


async def test_a_write_whose_reply_is_not_stored_is_not_repeated(
    replica: Open, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", -1.0)

    async def lose(*_: Any) -> None:
        raise Unavailable("store")

    async with replica() as client:
        with monkeypatch.context() as during:
            during.setattr(StoredIntents, "keep", lose)
            done = await client.call_tool("send_letter", arguments)
        again = await client.call_tool("send_letter", arguments)
    assert done.structured_content == {"count": 1}
    assert "whether it took effect is unknown" in text_of(again)
    assert office.sent == ["hello"]


async def test_the_trail_has_every_call_and_shows_ones_own(replica: Open, tmp_path: Path) -> None:
    path = tmp_path / "audit"
    async with replica(audit=path) as client:
        await client.call_tool("send_letter", {"text": "MARKER ann@example.com"})
        await client.call_tool("send_letter", {"letter": "MARKER"})
        actions = (await client.call_tool("post_list_my_actions", {})).structured_content["items"]
    async with replica(audit=path, who=caller(SCOPE, subject="bob")) as client:
        assert (await client.call_tool("post_list_my_actions", {})).structured_content["items"] == []
    assert [(action["outcome"], action["arguments"]) for action in actions] == [
        ("invalid_arguments", {"(unknown)": 1}),
        ("ok", {"text": "[text of 22 characters]"}),
    ]
    verdict = await verify(file_trail(path).trail())
    assert (verdict.entries, verdict.problems) == (4, [])
    assert "MARKER" not in path.read_text()


@pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "without"])
async def test_one_of_many_retries_finds_the_effect_of_a_lost_answer(
    replica: Open, office: PostOffice, *, keyed: bool
) -> None:
    arguments = {"text": "parcel", **({"idempotency_key": new_key()} if keyed else {})}
    office.fails = Unavailable("post")
    async with replica() as one, replica() as two:
        assert (await one.call_tool("post_parcel", arguments)).is_error
        office.fails = None
        retries = await asyncio.gather(*((one, two)[n % 2].call_tool("post_parcel", arguments) for n in range(20)))
    assert {text_of(result) for result in retries} == {'{"count":1}'}
    found = [result for result in retries if "An earlier attempt had taken effect" in result.content[-1].text]
    assert len(found) == 1
    assert len(office.sent) == 1


async def test_a_retry_writes_under_the_same_effect_id(replica: Open, office: PostOffice) -> None:
    arguments = {"text": "parcel", "idempotency_key": new_key()}
    office.after = lambda: asyncio.sleep(0)
    async with replica() as client:
        office.fails = Unavailable("post")
        await client.call_tool("post_parcel", arguments)
        (first,) = office.sent
        office.sent.clear()  # it was lost on the way
        office.fails = Refused("The post office is closed.")
        assert "closed" in text_of(await client.call_tool("post_parcel", arguments))
        office.fails = None
        again = await client.call_tool("post_parcel", arguments)
        other = await client.call_tool("post_parcel", {**arguments, "idempotency_key": new_key()})
    assert not again.is_error
    assert not other.is_error
    assert office.sent[0] == first
    assert len(set(office.sent)) == 2


async def test_a_preview_decides_whether_a_safe_tool_asks(replica: Open, office: PostOffice) -> None:
    async with replica(mode="legacy") as client:
        assert not (await client.call_tool("send_postcard", {"text": "hi"})).is_error
        asked = await client.call_tool("send_postcard", {"text": "a long confession"})
        assert asked.structured_content["status"] == "confirmation_required"
        assert office.sent == ["hi"]
        assert not (await client.call_tool(*confirmation_in(asked))).is_error
    assert office.sent == ["hi", "a long confession"]


async def test_without_a_store_or_a_file_nothing_is_written(tmp_path: Path, office: PostOffice) -> None:
    assert isinstance(journal_for("post", None, AuditFile(tmp_path / "audit")), DisabledJournal)
    assert isinstance(journal_for("post", RedisStore("redis://127.0.0.1:1"), None), DisabledJournal)
    service = Service(
        settings=app_settings(),
        identity=ServerIdentity(name="post", title="Post", version="1", instructions=""),
        journal=DisabledJournal(),
        tools=[write(office.send_letter, scope=SCOPE), read(office.count_letters, scope=SCOPE)],
    )
    async with service.running(), connect(service, ANN) as client:
        assert "This server only reads" in text_of(await client.call_tool("send_letter", {"text": "hi"}))
        assert text_of(await client.call_tool("count_letters", {})) == '{"count":0}'
        assert (await client.call_tool("post_list_my_actions", {})).structured_content == {"items": []}
    assert office.sent == []


async def test_a_trail_is_read_beside_its_server(replica: Open, tmp_path: Path) -> None:
    async with replica(audit=tmp_path / "trail") as client:
        await client.call_tool("send_letter", {"text": "hi"})
    verdict = await verify(file_trail(tmp_path / "trail").trail())
    assert (verdict.entries, verdict.problems) == (1, [])


def test_a_finder_takes_what_its_tool_takes(office: PostOffice) -> None:
    async def find(text: str, colour: str, **_: object) -> Sent | None:
        """Looks for something else."""

    with pytest.raises(TypeError, match="must take parameters of"):
        write(office.send_letter, scope=SCOPE, recover=find)

    async def maybe(text: str) -> Preview | None:
        """May ask."""

    with pytest.raises(TypeError, match="a destructive tool needs"):
        write(office.burn_letter, scope=SCOPE, destructive=True, confirm=maybe)
