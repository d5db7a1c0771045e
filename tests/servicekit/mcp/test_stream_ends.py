"""Streams of changes end with the credential, the right, the policy and the server that allowed them."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated, ToolsListChanged
from pydantic import SecretStr

from devkit.issuer.testing import RunningIssuer
from servicekit.access.policy import Denial, Policy
from servicekit.testing.service import caller, connect
from tests.fixtures.api_keys import Keys
from tests.servicekit.apps.subscriptions_app import READ, subscriptions_app

from .subscribers import NOTE, Replicas, ended, heard, replicas, touch

GONE = Denial("Gone.", frozenset(), frozenset())


async def test_a_stream_ends_when_its_key_is_removed(issuer: RunningIssuer, valkey_url: str, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.yaml")
    gone, changed, kept = (keys.add(subject, scopes=[READ]) for subject in ("gone", "changed", "kept"))
    with replicas(issuer, 1, redis_url=valkey_url, api_keys_file=str(keys.path)) as made:
        async with (
            made.client(key=gone) as one,
            made.client(key=changed) as two,
            made.client(key=kept) as three,
            made.client() as four,
            one.listen(resource_subscriptions=[NOTE]) as of_gone,
            two.listen(resource_subscriptions=[NOTE]) as of_changed,
            three.listen(resource_subscriptions=[NOTE]) as of_kept,
            four.listen(resource_subscriptions=[NOTE]) as of_token,
        ):
            keys.remove(gone)
            keys.change(changed, scopes=[])
            assert await ended(of_gone)
            assert await ended(of_changed)
            await touch(three)
            assert await heard(of_kept) == await heard(of_token) == ResourceUpdated(NOTE)


async def test_a_stream_ends_with_the_credential(pair: Replicas) -> None:
    # Expired, and within the leeway of 5 s: it is still good for a moment.
    async with (
        pair.client(0, READ, subject="dan", lifetime=-1) as client,
        client.listen(resource_subscriptions=[NOTE]) as subscription,
    ):
        assert await ended(subscription)


async def test_a_stream_ends_when_its_token_may_be_revoked(issuer: RunningIssuer) -> None:
    introspection: dict[str, Any] = {
        "introspection_url": f"{issuer.url}/introspect",
        "introspection_client_id": "dev-m2m",
        "introspection_client_secret": SecretStr(issuer.machine_secret),
        "introspection_cache_seconds": 1.0,
    }
    with replicas(issuer, 1, **introspection) as made:
        async with made.client() as client, client.listen(resource_subscriptions=[NOTE]) as subscription:
            assert await ended(subscription)
        async with made.client() as client, client.listen(resource_subscriptions=[NOTE]):
            pass  # opened again: the token is still good


@pytest.mark.parametrize(
    "edit",
    [
        "version: 1\ndefault: {tools: ['*']}\n",
        "version: 1\ndefault: {resources: ['notes://*']}\n",
        "version: 1\ndefault: {max_records: 1}\n",
    ],
)
async def test_a_policy_edit_ends_streams_that_it_closes(issuer: RunningIssuer, tmp_path: Path, edit: str) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n")
    with replicas(issuer, 1, policy_file=str(policy)) as made:
        async with (
            made.client() as client,
            client.listen(resource_subscriptions=[NOTE, "note://n2"]) as closed,
            client.listen(tools_list_changed=True) as open_to_all,
        ):
            policy.write_text(edit)
            assert await ended(closed)
            assert await heard(open_to_all) == ToolsListChanged()


async def test_a_stream_ends_when_the_right_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    service = subscriptions_app()
    async with service.running(), connect(service, caller(READ)) as client:
        assert service.subscriptions is not None
        for happening in (service.subscriptions.policy_changed, partial(touch, client)):
            async with client.listen(resource_subscriptions=[NOTE], tools_list_changed=True) as subscription:
                with monkeypatch.context() as patch:
                    patch.setattr(Policy, "denial", lambda _, __, row: GONE if row.kind == "resource" else None)
                    if (waited := happening()) is not None:
                        await waited
                    with pytest.raises(StopAsyncIteration):
                        await heard(subscription)


async def test_close_ends_every_stream_gracefully() -> None:
    service = subscriptions_app()
    async with service.running(), connect(service, caller(READ)) as client:
        async with client.listen(resource_subscriptions=[NOTE]) as subscription:
            await touch(client)
            assert service.subscriptions is not None
            service.subscriptions.close()
            assert await heard(subscription) == ResourceUpdated(NOTE)
            assert await ended(subscription)
        with pytest.raises(MCPError, match="is stopping"):
            async with client.listen(resource_subscriptions=[NOTE]):
                pytest.fail("it was acknowledged")
