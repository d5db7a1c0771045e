"""Credentials and hosts: GitHub Apps, Enterprise, anonymous access."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from devkit.simulators.github.records.accounts import Identity
from github_mcp.adapters.api.app_credentials import AppCredentials
from servicekit.upstream.client import Upstream
from tests.fixtures.calls import call, refusal

from .scene import PAYMENTS, SITE, Hub

TOKENS = "/app/installations/7/access_tokens"


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def app_key(hub: Hub, private_key: rsa.RSAPrivateKey) -> str:
    """The private key of an App installed for one repository."""
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    world = hub.simulator.world
    world.apps["42"] = (public, 7, Identity(world.accounts["hubot"], frozenset({"acme/website"})))
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def test_app_uses_tokens_of_its_installation(hub: Hub, app_key: str) -> None:
    own = {"token": None, "app_id": "42", "app_private_key": SecretStr(app_key), "app_installation_id": 7}
    async with hub.client(**own) as client:
        await asyncio.gather(*(call(client, "get_issue", issue_number=number, **SITE) for number in (1, 2, 3, 4)))
        assert hub.requests("POST", TOKENS) == 1
        assert "There is no repository `acme/payments`" in await refusal(
            client, "get_issue", issue_number=1, **PAYMENTS
        )
        me = await call(client, "get_me")
        assert (me["kind"], me["organizations"]) == ("App installation", ["acme"])
        made = await call(client, "create_issue", title="From an app", **SITE)
    assert hub.simulator.world.repositories["acme/website"].issues[made["number"]].user.login == "hubot"


async def test_unknown_app_key_is_reported(hub: Hub) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    own = {"token": None, "app_id": "43", "app_private_key": SecretStr(pem), "app_installation_id": 7}
    async with hub.client(**own) as client:
        words = await refusal(client, "get_issue", issue_number=1, **SITE)
    assert "does not accept this server's credential" in words
    assert "PRIVATE" not in words


async def test_failed_early_renewal_keeps_the_valid_token(hub: Hub, app_key: str) -> None:
    now = [hub.simulator.world.now().timestamp()]
    credentials = AppCredentials("42", app_key, 7, clock=lambda: now[0])
    upstream = Upstream("github", "GitHub", hub.running.url, credentials=credentials)
    credentials.use(upstream)
    await upstream.start()
    first = await credentials.current()
    now[0] += 3600 - 300  # within the last ten minutes
    hub.misbehave("error", path=TOKENS, status=404)
    hub.simulator.faults.pending[0].times = 9
    assert await credentials.current() == first
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "renew the installation token"))
    assert await credentials.current() == first
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "renew the installation token"))
    hub.simulator.faults.pending.clear()
    assert await credentials.current() == first
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "renew the installation token"))
    second = await credentials.current()
    assert second != first
    assert second.headers["Authorization"] not in repr(second)
    await upstream.stop()


async def test_revoked_token_is_replaced_once(hub: Hub, app_key: str) -> None:
    now = [hub.simulator.world.now().timestamp()]
    credentials = AppCredentials("42", app_key, 7, clock=lambda: now[0])
    upstream = Upstream("github", "GitHub", hub.running.url, credentials=credentials)
    credentials.use(upstream)
    path = ("repos", "acme", "website", "issues")
    assert (await upstream.send("POST", path, content={"title": "One"})).status == 201
    hub.simulator.world.identities.clear()
    assert (await upstream.send("POST", path, content={"title": "Two"})).status == 401
    assert hub.requests("POST", TOKENS) == 1
    now[0] += 100
    both = await asyncio.gather(*(upstream.send("POST", path, content={"title": title}) for title in ("2", "3")))
    assert [reply.status for reply in both] == [201, 201]
    assert hub.requests("POST", TOKENS) == 2
    await upstream.stop()


async def test_enterprise_base_url(hub: Hub) -> None:
    async with hub.client(api_url=f"{hub.running.url}/api/v3") as client:
        assert (await call(client, "get_issue", issue_number=1, **SITE))["number"] == 1
        run = hub.simulator.world.repositories["acme/website"].runs[0]
        assert (await call(client, "get_job_logs", run_id=run.id, **SITE))["logs"]
    assert hub.requests("GET", "/repos/*") == 0
    assert hub.requests("GET", "/api/v3/repos/*") > 0


async def test_anonymous_server_reads_public_repositories(hub: Hub) -> None:
    async with hub.client(token=None) as client:
        assert (await call(client, "get_issue", issue_number=1, **SITE))["number"] == 1
        assert "There is no repository `acme/payments`" in await refusal(
            client, "get_issue", issue_number=1, **PAYMENTS
        )
    assert all("authorization" not in headers for headers in hub.simulator.request_log.headers)


async def test_caller_tokens_and_cookies_never_reach_github(hub: Hub) -> None:
    async with hub.client() as client:
        await call(client, "get_issue", issue_number=1, **SITE)
    sent = hub.simulator.request_log.headers
    assert {headers["authorization"] for headers in sent} == {"Bearer simulated-token"}
    assert {headers["x-github-api-version"] for headers in sent} == {"2022-11-28"}
    assert all("cookie" not in headers and headers["user-agent"] for headers in sent)
