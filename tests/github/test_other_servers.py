"""The same tools on another server of GitHub's API, which has as little as the API allows."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from pydantic import SecretStr

from github_mcp.app import build
from github_mcp.settings import GithubSettings
from servicekit.caller import Caller
from servicekit.testing import connect

from .plain_places import PlainServer
from .plain_server import TOKEN, plain_server
from .scene import refusal, somebody

WIDGET = {"owner": "Tools", "repo": "widget"}


@pytest.fixture(params=["in one piece", "in chunks, with links"])
def server(request: pytest.FixtureRequest) -> Iterator[PlainServer]:
    new = request.param != "in one piece"
    with plain_server(links=new, chunked=new) as server:
        yield server


@asynccontextmanager
async def connected(
    server: PlainServer, valkey_url: str, directory: Path, who: Caller | None = None
) -> AsyncIterator[Client]:
    """The official client of a server of ours that was told nothing of GitHub but where it is."""
    settings = GithubSettings(
        public_url="http://127.0.0.1:8103/mcp",
        api_url=server.url,
        token=SecretStr(TOKEN),
        redis_url=SecretStr(valkey_url),
        state_keys=(SecretStr("s" * 32),),
        audit_file=directory / f"audit-{secrets.token_hex(4)}",
    )
    service = build(settings)
    async with service.running(), connect(service, who or somebody()) as client:
        yield client


@pytest.fixture
async def client(server: PlainServer, valkey_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with connected(server, valkey_url, tmp_path) as client:
        yield client


async def test_an_issue_that_was_moved_to_another_repository_is_not_read_or_written_there(
    server: PlainServer, client: Client
) -> None:
    moved: dict[str, Any] = {"issue_number": 5, **WIDGET}
    assert "moved issue #5 in Tools/widget to another place" in await refusal(client, "get_issue", **moved)
    assert "moved issue #5" in await refusal(client, "update_issue", state="closed", **moved)
    assert "vault" not in " ".join(server.asked)
    gadget = {"owner": "Tools", "repo": "gadget"}
    assert "has another name now" in await refusal(client, "get_file_contents", path="README.md", **gadget)
