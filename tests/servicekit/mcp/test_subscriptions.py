"""Subscriptions: which changes a subscriber hears, on which replica, and in which spelling."""

from pathlib import Path

from mcp.shared.subscriptions import ResourceUpdated, ToolsListChanged

from devkit.issuer.testing import RunningIssuer
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.subscriptions_app import READ, subscriptions_app
from tests.servicekit.storage.test_store_outage import OwnStore, own_store

from .subscribers import NOTE, Replicas, heard, replicas, touch

__all__ = ["own_store"]


async def test_a_change_reaches_subscribers_of_every_replica(pair: Replicas) -> None:
    async with (
        pair.client(0) as here,
        pair.client(1) as there,
        here.listen(resource_subscriptions=[NOTE]) as near,
        there.listen(resource_subscriptions=[NOTE]) as far,
    ):
        assert near.honored.resource_subscriptions == [NOTE]
        await touch(here)
        assert await heard(near) == await heard(far) == ResourceUpdated(NOTE)
        await touch(there)
        assert await heard(near) == await heard(far) == ResourceUpdated(NOTE)


async def test_other_tenants_and_other_notes_stay_silent(pair: Replicas) -> None:
    async with (
        pair.client(0) as acme,
        pair.client(1, tenant="globex") as globex,
        globex.listen(resource_subscriptions=[NOTE, "note://last"]) as subscription,
    ):
        await touch(acme)
        await touch(globex, "n2")
        await touch(globex, "last")
        assert await heard(subscription) == ResourceUpdated("note://last")


async def test_a_change_is_announced_in_the_subscribed_spelling(pair: Replicas) -> None:
    async with (
        pair.client(0) as here,
        pair.client(1) as there,
        there.listen(resource_subscriptions=["note://%6e1", "note://N1", NOTE, "note://last"]) as subscription,
    ):
        await touch(here)
        await touch(here, "last")
        told = {(await heard(subscription)).uri for _ in range(4)}
        assert told == {"note://%6e1", "note://N1", NOTE, "note://last"}


async def test_changes_are_merged_for_a_slow_reader() -> None:
    service = subscriptions_app()
    async with (
        service.running(),
        connect(service, caller(READ)) as client,
        client.listen(resource_subscriptions=[NOTE, "note://last"]) as subscription,
    ):
        announce = service.subscriptions._change_feed.announce  # type: ignore[union-attr]
        for _ in range(5000):  # without yielding to the event loop, so no client can have read any
            await announce("acme", NOTE)
        await announce("acme", "note://last")
        assert [await heard(subscription), await heard(subscription)] == [
            ResourceUpdated(NOTE),
            ResourceUpdated("note://last"),
        ]


async def test_a_policy_edit_announces_changed_lists(issuer: RunningIssuer, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n")
    with replicas(issuer, 1, policy_file=str(policy)) as made:
        async with made.client() as client, client.listen(tools_list_changed=True) as subscription:
            policy.write_text("version: 1\ndefault: {tools: ['*_whoami']}\n")
            assert await heard(subscription) == ToolsListChanged()
            (tool,) = (await client.list_tools()).tools
            assert tool.name == made.services[0].identity.own_tool("whoami")


async def test_streams_outlive_an_outage_of_the_store(issuer: RunningIssuer, own_store: OwnStore) -> None:
    with replicas(issuer, 2, redis_url=own_store.url, store_outage="fail_open") as made:
        async with (
            made.client(0) as here,
            made.client(1) as there,
            there.listen(resource_subscriptions=[NOTE, "note://n2"]) as far,
        ):
            own_store.stop()
            await touch(here)
            own_store.start()
            assert {await heard(far), await heard(far)} == {ResourceUpdated(NOTE), ResourceUpdated("note://n2")}
            await touch(here, "n2")
            assert await heard(far) in (ResourceUpdated(NOTE), ResourceUpdated("note://n2"))
