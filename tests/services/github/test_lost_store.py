"""The store loses its records: an issue is opened once, and public writes are confirmed for a day."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.simulators.github.testing import simulator_in_thread
from tests.fixtures.calls import call, preview, refusal
from tests.fixtures.forgetful_store import ForgetfulStore, forgetful_store

from .scene import PAYMENTS, Hub, key, new_caller

ROCKETS = {"owner": "globex", "repo": "rockets"}
COMMENT: dict[str, Any] = {"issue_number": 1, "body": "Northwind was paid double.", **ROCKETS}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ForgetfulStore]:
    with forgetful_store(tmp_path / "valkey") as running:
        yield running


@pytest.fixture
def hub(store: ForgetfulStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A seeded simulator, with a store of its own. No call is under way when that loses its records."""
    monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", 0.0)
    monkeypatch.setattr("servicekit.storage.redis.store._PAUSE", 0.0)
    with simulator_in_thread(tmp_path / "repositories") as running:
        yield Hub(running, store.url, tmp_path)


async def lose(store: ForgetfulStore, how: str, client: Any) -> None:
    if how == "flush":
        store.send("FLUSHALL")
    else:
        store.restart()
        await client.call_tool("add_comment", {**COMMENT, "idempotency_key": key()})  # finds the connection broken


@pytest.mark.parametrize("how", ["flush", "restart"])
async def test_one_key_opens_one_issue(hub: Hub, store: ForgetfulStore, how: str) -> None:
    issues = hub.simulator.world.repositories["acme/handbook"].issues
    known = len(issues)
    arguments = {"owner": "acme", "repo": "handbook", "title": "Twice?", "idempotency_key": key()}
    async with hub.client() as client:
        first = await call(client, "create_issue", **arguments)
        await lose(store, how, client)
        again = await call(client, "create_issue", **arguments)
    assert (again["number"], len(issues)) == (first["number"], known + 1)


@pytest.mark.parametrize("how", ["flush", "restart"])
async def test_public_writes_are_confirmed_after_a_loss(hub: Hub, store: ForgetfulStore, how: str) -> None:
    ann = new_caller()
    rockets = hub.simulator.world.repositories["globex/rockets"].issues[1]
    async with hub.client(ann) as one, hub.client(ann) as two:
        await call(one, "get_file_contents", path="docs/incident.md", **PAYMENTS)
        await lose(store, how, two)
        shown, code = await preview(two, "add_comment", **COMMENT)
        assert "is unknown, since this server's store lost its records then" in shown["effect"]
        assert "globex/rockets is public" in shown["effect"]
        assert shown["private_sources"] == []
        assert rockets.comments == []
        await call(two, "github_confirm_action", code=code)
        assert len(rockets.comments) == 1
        shown, _ = await preview(one, "add_comment", **COMMENT)  # this process remembers the reading itself
        assert "has read private repositories (acme/payments)" in shown["effect"]


async def test_a_new_installation_asks_for_no_confirmation(hub: Hub) -> None:
    async with hub.client() as client:
        await call(client, "add_comment", idempotency_key=key(), **COMMENT)


async def test_a_rerun_after_a_loss_is_refused_with_a_way_on(hub: Hub, store: ForgetfulStore) -> None:
    private = {"owner": "acme", "repo": "payments"}
    async with hub.client() as client:
        await call(client, "get_rate_limit")
        store.send("FLUSHALL")
        said = await refusal(client, "update_issue", issue_number=1, state="closed", idempotency_key=key(), **private)
        assert "Check the current state" in said
        offered = said.partition("call with idempotency_key ")[2].rstrip(".")
        await call(client, "update_issue", issue_number=1, state="closed", idempotency_key=offered, **private)
