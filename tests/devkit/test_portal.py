"""The portal of the development stack: servers of other origins, one of them not running, and their calls."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import httpx2
import pytest

from devkit.issuer.testing import issuer_in_thread
from devkit.loopback.serving import serving_in_thread
from devkit.portal.app import create_portal
from devkit.settings import DevkitSettings
from devkit.workspace.services import ServiceDescription
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import READ, WRITE, general_app

from .browser import Page, chromium
from .page_checks import FAINT, NAMELESS


@dataclass(frozen=True)
class Fleet:
    """A portal of a server that runs and of one that does not."""

    url: str
    books: str


def described(name: str, port: int) -> ServiceDescription:
    return ServiceDescription(name, Path("/"), port, database=False, scopes=(READ, WRITE), title=name.title())


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with socket() as listener, issuer_in_thread([READ, WRITE]) as issuer:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        home = f"http://127.0.0.1:{port}"

        def build(own: int) -> Any:
            public_url = f"http://127.0.0.1:{own}/mcp"
            return general_app(port=own, public_url=public_url, issuer=issuer.url, allowed_origins=home, portal="calls")

        with serving(build) as books:
            settings = DevkitSettings(portal_port=port, issuer_port=int(issuer.url.rpartition(":")[2]))
            services = [described("gone", 1), described("books", int(books.rpartition(":")[2]))]
            with serving_in_thread(create_portal(settings, services), listener):
                yield Fleet(f"{home}/", books)


@pytest.fixture
async def page(fleet: Fleet, tmp_path: Path) -> AsyncIterator[Page]:
    async with chromium(tmp_path / "profile") as tab:
        await tab.shape(820, 1200, dark=True)
        await tab.open(fleet.url)
        await tab.wait_for("document.querySelectorAll('.servers button').length === 2")
        yield tab


async def test_each_server_says_whether_it_works(page: Page) -> None:
    words = await page.evaluate("[...document.querySelectorAll('.servers button')].map((one) => one.innerText)")
    assert "does not answer" in words[0]
    assert "works in part" in words[1]  # the store of its journal does not exist
    assert "Gone does not answer." in await page.evaluate("document.querySelector('main').innerText")


async def test_another_name_of_this_machine_leads_home(page: Page, fleet: Fleet) -> None:
    await page.open(fleet.url.replace("127.0.0.1", "localhost"))
    await page.wait_for(f"location.href === '{fleet.url}' && document.querySelectorAll('.servers button').length === 2")


async def test_a_call_to_a_server_of_another_origin(page: Page, fleet: Fleet) -> None:
    await page.evaluate("location.hash = 'books'")
    await page.wait_for("document.querySelector('h2').innerText === 'Books'")
    await page.evaluate("[...document.querySelectorAll('button')].find((one) => one.textContent === 'Sign in').click()")
    await page.wait_for("document.querySelector('button.go[value=allow]')")
    await page.evaluate("document.querySelector('button.go[value=allow]').click()")
    await page.wait_for("document.querySelector('.tool')")
    assert await page.evaluate("location.href") == f"{fleet.url}#books"
    await page.evaluate("document.querySelector('[data-tool=get_book] summary').click()")
    await page.wait_for("document.querySelector('[data-tool=get_book] form')")
    await page.evaluate("document.querySelector('[data-tool=get_book] input').value = '7'")
    await page.evaluate("document.querySelector('[data-tool=get_book] form').requestSubmit()")
    await page.wait_for("document.querySelector('[data-tool=get_book] dl')")
    trace = await page.evaluate("document.querySelector('.calls a').href")
    assert trace.startswith(f"{fleet.url}telemetry?trace=")
    assert await page.evaluate(FAINT) == []
    assert await page.evaluate(NAMELESS) == []


def test_the_document_names_servers_and_no_secret(fleet: Fleet) -> None:
    answer = httpx2.get(f"{fleet.url}portal/portal.json", trust_env=False)
    assert answer.json() == {
        "home": fleet.url,
        "telemetry": "/telemetry",
        "servers": [
            {"name": "gone", "title": "Gone", "document": "http://127.0.0.1:1/portal/portal.json"},
            {"name": "books", "title": "Books", "document": f"{fleet.books}/portal/portal.json"},
        ],
    }
    policy = httpx2.get(fleet.url, trust_env=False).headers["Content-Security-Policy"]
    assert json.dumps(fleet.books)[1:-1] in policy
