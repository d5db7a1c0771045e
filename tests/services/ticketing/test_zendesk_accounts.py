"""Zendesk accounts of tenants: their file, credentials, caches and limits, which no two tenants share."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from pydantic import SecretStr

from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN
from servicekit.core.caller import acting_as
from servicekit.settings.configuration_files import Source
from servicekit.settings.errors import InvalidContent
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller
from tests.fixtures.calls import call, refusal
from ticketing_mcp.adapters.zendesk.api.accounts import ZendeskAccounts
from ticketing_mcp.adapters.zendesk.api.client import ZendeskApi
from ticketing_mcp.adapters.zendesk.desk import ZendeskDesk
from ticketing_mcp.models.zendesk_accounts import parse_accounts

from .scene import CLERK, SCOPES, STRANGER, a_ticket
from .zendesk import ZendeskDesks, accounts_file, zendesk_desks
from .zendesk_server import ZendeskServer

WORDS = "E-4711"


@pytest.fixture
async def zendesk(valkey_url: str, tmp_path: Path) -> AsyncIterator[ZendeskServer]:
    async with zendesk_desks() as desks:
        yield ZendeskServer(desks, valkey_url, tmp_path)


def parsed(folder: Path, account: str) -> object:
    (folder / "token").write_text("a-token\n")
    text = f"tenants:\n  acme:\n    email: bot@acme.example\n    token_file: token\n{account}\n"
    return parse_accounts([Source(str(folder / "zendesk.yaml"), text)])


@pytest.mark.parametrize("subdomain", ["acme", "acme-2", "4711"])
def test_account_is_a_subdomain_of_zendesk(tmp_path: Path, subdomain: str) -> None:
    accounts = parse_accounts([Source(str(tmp_path / "z.yaml"), _file(tmp_path, f"    subdomain: '{subdomain}'"))])
    assert accounts["acme"].url == f"https://{subdomain}.zendesk.com"


def _file(folder: Path, account: str) -> str:
    (folder / "token").write_text("a-token\n")
    return f"tenants:\n  acme:\n    email: bot@acme.example\n    token_file: token\n{account}\n"


@pytest.mark.parametrize(
    "account",
    [
        "    subdomain: evil.example/",
        "    subdomain: 'evil.example#'",
        "    subdomain: acme.zendesk.com",
        "    subdomain: 'acme:80@evil.example'",
        "    subdomain: ACME",
        "    subdomain: '-acme'",
        "    subdomain: ''",
        "    subdomain: [acme]",
        "    development_url: https://evil.example",
        "    development_url: http://169.254.169.254",
        "    development_url: http://127.0.0.1:1/path",
        "    development_url: http://127.0.0.1@evil.example",
        "    development_url: http://user@127.0.0.1:1",
        "    subdomain: acme\n    development_url: http://127.0.0.1:1",
        "    unknown: acme",
        "    subdomain: acme\n    token: secret",
        "",
    ],
)
def test_other_addresses_are_refused(tmp_path: Path, account: str) -> None:
    with pytest.raises(InvalidContent):
        parsed(tmp_path, account)


def test_token_file_must_contain_one_token(tmp_path: Path) -> None:
    text = _file(tmp_path, "    subdomain: acme")
    for content in ("", "two\nlines", "tök"):
        (tmp_path / "token").write_text(content)
        with pytest.raises(InvalidContent, match="one API token"):
            parse_accounts([Source(str(tmp_path / "z.yaml"), text)])
    (tmp_path / "token").unlink()
    with pytest.raises(InvalidContent, match="cannot be read"):
        parse_accounts([Source(str(tmp_path / "z.yaml"), text)])


async def test_tenant_without_an_account_is_refused(zendesk: ZendeskServer) -> None:
    initech = caller(*SCOPES, tenant="initech")
    async with zendesk.client(initech) as client:
        for tool, arguments in (("search_tickets", {}), ("create_ticket", a_ticket())):
            assert "no Zendesk account" in await refusal(client, tool, **arguments)


async def test_edit_of_the_file_takes_effect(zendesk: ZendeskServer) -> None:
    newcomer = caller(*SCOPES, tenant="initech")
    async with zendesk.client(newcomer) as client:
        assert "no Zendesk account" in await refusal(client, "list_queues")
        running = {**zendesk.desks.running, "initech": zendesk.desks.running["globex"]}
        accounts_file(zendesk.desks.file.parent, running)
        await until(lambda: client.call_tool("list_queues", {}))


async def until(attempt: Callable[[], Awaitable[Any]]) -> None:
    """Repeat a call until it succeeds."""
    with anyio.fail_after(20):
        while (await attempt()).is_error:
            await anyio.lowlevel.checkpoint()


async def test_tenants_share_no_cache_with_one_account(zendesk: ZendeskServer) -> None:
    one = zendesk.desks.running["acme"]
    accounts_file(zendesk.desks.file.parent, dict.fromkeys(("acme", "globex"), one))
    async with zendesk.client(CLERK) as ours, zendesk.client(STRANGER) as theirs:
        for client in (ours, ours, theirs, theirs):
            await call(client, "list_queues")
    assert one.simulator.request_log.count("GET", "/api/v2/groups") == 2


async def test_spent_limit_of_one_tenant_leaves_the_others(zendesk: ZendeskServer) -> None:
    zendesk.world.switches.requests_per_minute = 0
    async with zendesk.client(CLERK) as ours:
        for _ in range(2):
            said = await refusal(ours, "search_tickets", query=WORDS)
            assert "quota with Zendesk is spent" in said
        sent = zendesk.desks.running["acme"].simulator.request_log.count()
        await refusal(ours, "search_tickets", query=WORDS)
        assert zendesk.desks.running["acme"].simulator.request_log.count() == sent
    async with zendesk.client(STRANGER) as theirs:
        assert "items" in await call(theirs, "search_tickets", query=WORDS)


async def test_limit_of_one_ticket_leaves_the_others(zendesk: ZendeskServer) -> None:
    zendesk.world.switches.updates_per_ticket = 1
    async with zendesk.client() as client:
        tickets = [(await call(client, "create_ticket", **a_ticket(title=f"Kettle {n}")))["ticket_id"] for n in "ab"]
        await call(client, "add_internal_note", ticket_id=tickets[0], body="One.")
        assert "quota with Zendesk" in await refusal(client, "add_internal_note", ticket_id=tickets[0], body="Two.")
        await call(client, "add_internal_note", ticket_id=tickets[1], body="One.")


async def test_rotated_token_is_used_at_once(zendesk: ZendeskServer) -> None:
    async with zendesk.client() as client:
        await call(client, "search_tickets", query=WORDS)
        zendesk.world.api_tokens = {"another-token"}
        said = await refusal(client, "search_tickets", query=WORDS)
        assert "does not accept this server's credential" in said
        assert SIMULATED_TOKEN not in said
        (zendesk.desks.file.parent / "token").write_text("another-token\n")
        await call(client, "search_tickets", query=WORDS)


async def test_token_is_in_no_log_and_no_record(zendesk: ZendeskServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with zendesk.client() as client:
        await call(client, "create_ticket", **a_ticket())
        zendesk.world.api_tokens = set()
        await refusal(client, "search_tickets", query=WORDS)
    kept = [path.read_text() for path in zendesk.folder.iterdir() if path.is_file()]
    assert kept
    assert SIMULATED_TOKEN not in caplog.text + "".join(kept)


async def test_cache_keys_name_no_credential(desks_with_store: tuple[ZendeskDesks, RedisStore, ZendeskDesk]) -> None:
    _, store, desk = desks_with_store
    for tenant in ("acme", "globex"):
        with acting_as(caller(tenant=tenant)):
            assert await desk.queues()
    keys = [key.decode() async for key in store.redis.scan_iter("mcp:ticketing:upstream:Zendesk:*")]
    assert len(keys) >= 2
    assert all(SIMULATED_TOKEN not in key and SIMULATED_EMAIL not in key for key in keys)


@pytest.fixture
async def desks_with_store(valkey_url: str) -> AsyncIterator[tuple[ZendeskDesks, RedisStore, ZendeskDesk]]:
    """The accounts, a store, and a desk whose setup data is cached in it."""
    async with zendesk_desks() as desks:
        store = RedisStore(valkey_url)
        accounts = ZendeskAccounts(str(desks.file), store, 10.0)
        yield desks, store, ZendeskDesk(ZendeskApi(accounts))
        await accounts.stop()
        await store.stop()


async def test_settings_of_zendesk_need_no_database(zendesk: ZendeskServer) -> None:
    settings = zendesk.settings()
    assert not settings.uses_database
    assert settings.reader_url == SecretStr("")
