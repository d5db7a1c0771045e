"""Nothing that the journal puts into the shared store stays there for ever, and nothing goes too early."""

from typing import Any

import pytest

from servicekit.core.errors import Refused, Unavailable
from servicekit.journal.idempotency_key import KEY_LIFETIME, REPLAY_WINDOW
from servicekit.journal.pending import KEPT, WRONG_WINDOW
from servicekit.storage.redis.store import RedisStore
from tests.fixtures.forgetful_store import ForgetfulStore
from tests.servicekit.apps.writes_database import confirmation_in

from .post_office import Open, PostOffice
from .test_lost_records import parcel, valkey_url

__all__ = ["valkey_url"]


async def lifetimes(url: str, part: str = "") -> list[int]:
    """How long each key is kept whose name has this part, rounded up to minutes, in seconds; -1 is for ever."""
    store = RedisStore(url)
    names = [name async for name in store.redis.scan_iter(f"*:journal:*{part}*")]
    found = sorted([int(await store.redis.ttl(name)) for name in names])
    await store.stop()
    return [-(-seconds // 60) * 60 if seconds > 0 else seconds for seconds in found]


@pytest.mark.parametrize(
    ("given", "kept"), [(parcel(), KEY_LIFETIME), ({"text": "hello"}, REPLAY_WINDOW)], ids=["with a key", "without"]
)
async def test_a_reply_is_kept_as_long_as_it_is_replayed(
    replica: Open, server: ForgetfulStore, given: dict[str, Any], kept: int
) -> None:
    server.send("FLUSHALL")
    async with replica() as client:
        assert not (await client.call_tool("send_letter", given)).is_error
        assert await lifetimes(server.url) == [kept]


async def test_an_unknown_outcome_is_kept_for_two_days(
    replica: Open, office: PostOffice, server: ForgetfulStore
) -> None:
    server.send("FLUSHALL")
    during: list[list[int]] = []

    async def look() -> None:
        during.append(await lifetimes(server.url))

    arguments = parcel()
    office.after = look
    async with replica() as client:
        office.fails = Unavailable("post")
        assert (await client.call_tool("post_parcel", arguments)).is_error
        assert await lifetimes(server.url) == [KEY_LIFETIME]
        office.sent.clear()
        office.fails = None
        assert not (await client.call_tool("post_parcel", arguments)).is_error
    assert during == [[KEY_LIFETIME]]  # also while a retry is under way


async def test_a_key_that_is_offered_is_kept_for_two_days(replica: Open, server: ForgetfulStore) -> None:
    async with replica() as client:
        await client.call_tool("count_letters", {})
        await client.call_tool("send_letter", parcel())
        server.send("FLUSHALL")
        assert (await client.call_tool("send_letter", parcel())).is_error
        assert await lifetimes(server.url) == [KEY_LIFETIME]


async def test_confirmations_are_kept_as_long_as_they_count(
    replica: Open, office: PostOffice, server: ForgetfulStore
) -> None:
    server.send("FLUSHALL")
    async with replica() as client:
        confirmation = confirmation_in(await client.call_tool("burn_letter", parcel()))
        assert await lifetimes(server.url) == [KEPT, KEPT]  # the code, and the list of the caller's codes
        office.fails = Refused("Not today.")
        assert (await client.call_tool(*confirmation)).is_error
        assert await lifetimes(server.url, "consent") == [KEY_LIFETIME]
        wrong = {"code": f"{confirmation[1]['code'][:2]}0000-0000"}
        assert (await client.call_tool(confirmation[0], wrong)).is_error
        assert await lifetimes(server.url, "wrong") == [WRONG_WINDOW]
