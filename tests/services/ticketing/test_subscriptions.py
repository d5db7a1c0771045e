"""Subscriptions to tickets over real HTTP, across two replicas."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import yaml
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ListenNotSupportedError, Subscription
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls, clone, drop
from devkit.stores.testing import PostgresServer
from servicekit.server.service import Service
from servicekit.testing.service import serving
from tests.fixtures.calls import call, confirmed, preview, refusal

from .scene import SCOPES, a_ticket, service_of

PATIENCE = 10.0  # seconds; an announcement takes milliseconds, and a busy machine more


@dataclass
class Replicas:
    """Two servers on one database and one store."""

    issuer: RunningIssuer
    base_urls: list[str]

    @asynccontextmanager
    async def client(self, replica: int, *scopes: str, mode: Any = "auto", **claims: Any) -> AsyncIterator[Client]:
        """The official client at one of them."""
        url = f"{self.base_urls[replica]}/mcp"
        headers = {"Authorization": f"Bearer {self.issuer.mint(url, scopes=scopes or SCOPES, **claims)}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=20) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            yield client


@pytest.fixture(scope="module")
def replicas(
    postgres: PostgresServer,
    template: DatabaseUrls,
    issuer: RunningIssuer,
    valkey_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Replicas]:
    urls = anyio.run(clone, postgres.admin_url, template, "ticketing_watched")
    policy: Path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    policy.write_text(yaml.safe_dump({"version": 1, "clients": {"billing-bot": {"grants": {"queues": ["billing"]}}}}))
    key = secrets.token_urlsafe(32)

    def build(port: int) -> Service:
        return service_of(
            urls,
            port=port,
            public_url=f"http://127.0.0.1:{port}/mcp",
            issuer=issuer.url,
            redis_url=valkey_url,
            state_keys=key,
            policy_file=str(policy),
        )

    with ExitStack() as stack:
        yield Replicas(issuer, [stack.enter_context(serving(build)) for _ in range(2)])
    anyio.run(drop, postgres.admin_url, "ticketing_watched")


async def heard(subscription: Subscription) -> Any:
    async with asyncio.timeout(PATIENCE):
        return await anext(subscription)


async def test_update_is_announced_across_replicas(replicas: Replicas) -> None:
    async with replicas.client(0) as here, replicas.client(1) as there:
        ticket = (await call(here, "create_ticket", **a_ticket()))["ticket_id"]
        uri = f"ticket://{ticket}"
        async with there.listen(resource_subscriptions=[uri]) as far:
            assert far.honored.resource_subscriptions == [uri]
            await call(here, "update_ticket", ticket_id=ticket, priority="urgent")
            assert await heard(far) == ResourceUpdated(uri)
            contents = (await there.read_resource(uri)).contents
            assert '"urgent"' in contents[0].text, "it is there for all to read when it is announced"


async def test_only_successful_changes_are_announced(replicas: Replicas) -> None:
    async with replicas.client(0) as here, replicas.client(1) as there:
        ticket = (await call(here, "create_ticket", **a_ticket(title="Watched")))["ticket_id"]
        other = (await call(here, "create_ticket", **a_ticket(title="Watched too")))["ticket_id"]
        both = [f"ticket://{ticket}", f"ticket://{other}"]
        asked = {"ticket_id": ticket}
        async with there.listen(resource_subscriptions=both) as far:
            for tool, arguments in (
                ("add_internal_note", {"body": "Seen."}),
                ("assign_ticket", {"assignee_id": "ada.lind"}),
                ("transition_ticket", {"status": "on-hold"}),
            ):
                await call(here, tool, **asked, **arguments)
                assert await heard(far) == ResourceUpdated(both[0]), tool
            await confirmed(here, "add_public_reply", **asked, body="Soon.")
            assert await heard(far) == ResourceUpdated(both[0])
            await call(here, "link_tickets", **asked, other_id=other, kind="relates_to")
            assert {(await heard(far)).uri, (await heard(far)).uri} == set(both)
            # Refusals, repeated calls and previews change nothing, so the next announcement is the note on the other.
            await refusal(here, "transition_ticket", **asked, status="pending")
            await call(here, "add_internal_note", **asked, body="Seen.")
            await preview(here, "close_ticket", **asked, resolution="Done.")
            await call(here, "add_internal_note", ticket_id=other, body="And here.")
            assert await heard(far) == ResourceUpdated(both[1])


async def test_subscription_needs_read_access(replicas: Replicas) -> None:
    async with replicas.client(0) as here:
        ticket = (await call(here, "create_ticket", **a_ticket(title="Private")))["ticket_id"]
    uri = f"ticket://{ticket}"
    strangers: list[dict[str, Any]] = [{"client_id": "billing-bot"}, {"tenant": "globex"}]
    for claims in strangers:
        async with replicas.client(1, **claims) as stranger:
            with pytest.raises(MCPError, match=f"No ticket {ticket}"):
                async with stranger.listen(resource_subscriptions=[uri]):
                    pass
    async with replicas.client(1, "tickets:reply") as unauthorised:
        with pytest.raises(MCPError, match="error response"):  # HTTP 403, with the scope in its challenge
            async with unauthorised.listen(resource_subscriptions=[uri]):
                pass


async def test_subscription_ends_with_read_access(replicas: Replicas) -> None:
    async with replicas.client(0) as here, replicas.client(1, client_id="billing-bot") as bot:
        ticket = (await call(here, "create_ticket", **a_ticket(title="Moves on", queue_id="billing")))["ticket_id"]
        uri = f"ticket://{ticket}"
        async with bot.listen(resource_subscriptions=[uri]) as stream:
            await call(here, "update_ticket", ticket_id=ticket, priority="low")
            assert await heard(stream) == ResourceUpdated(uri)
            await call(here, "update_ticket", ticket_id=ticket, queue_id="accounts")
            with pytest.raises(StopAsyncIteration):
                await heard(stream)
        with pytest.raises(MCPError, match=f"No ticket {ticket}"):
            async with bot.listen(resource_subscriptions=[uri]):
                pass


async def test_other_resources_are_not_subscribable(replicas: Replicas) -> None:
    async with replicas.client(0) as client, client.listen(resource_subscriptions=["queue://billing"]) as stream:
        assert not stream.honored.resource_subscriptions


async def test_earlier_protocols_cannot_subscribe(replicas: Replicas) -> None:
    async with replicas.client(0, mode="legacy") as client:
        assert client.server_capabilities.resources is not None
        assert not client.server_capabilities.resources.subscribe
        with pytest.raises(ListenNotSupportedError):
            async with client.listen(resource_subscriptions=["ticket://T-1"]):
                pass
