"""The portal in headless Chromium: sign in, call, confirm, refuse, sign out; on a phone and wide, light and dark."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from devkit.settings import WORKSPACE
from servicekit.testing.service import serving
from tests.devkit.browser import Page, chromium
from tests.devkit.page_checks import FAINT, NAMELESS
from tests.servicekit.apps.writes_app import CLOSE, READ, WRITE
from tests.servicekit.apps.writes_database import WritesDatabase

PICTURES = WORKSPACE / ".dev" / "pictures"
SCOPES = (READ, WRITE, CLOSE)
SESSIONS = "Object.keys(sessionStorage).filter((key) => key.startsWith('session '))"
ALLOW = "document.querySelector('button.go[value=allow]')"


@pytest.fixture(scope="module")
def own_issuer() -> Iterator[RunningIssuer]:
    """An issuer that knows the scopes of the writes app."""
    with issuer_in_thread(SCOPES) as running:
        yield running


@pytest.fixture
def address(writes: WritesDatabase, own_issuer: RunningIssuer) -> Iterator[str]:
    """The address of a server whose page offers to try tools."""

    def build(port: int) -> Any:
        return writes.service(
            port=port, public_url=f"http://127.0.0.1:{port}/mcp", issuer=own_issuer.url, portal="calls"
        )

    with serving(build) as base_url:
        yield f"{base_url}/"


@pytest.fixture
async def page(address: str, tmp_path: Path) -> AsyncIterator[Page]:
    """The server's page, opened."""
    async with chromium(tmp_path / "profile") as tab:
        await tab.shape(1440, 1000, dark=False)
        await tab.open(address)
        await tab.wait_for("document.querySelector('#connect')")
        yield tab


async def sign_in(page: Page, *leave_out: str) -> None:
    """Sign in at the issuer, without the scopes that the person unticks."""
    await page.evaluate(press("Sign in"))
    await page.wait_for(f"location.pathname === '/authorize' && {ALLOW}")
    for scope in leave_out:
        await page.evaluate(f"document.querySelector('input[value=\"{scope}\"]').click()")
    await page.evaluate(f"{ALLOW}.click()")
    await page.wait_for("document.querySelector('.tool')")


async def try_tool(page: Page, tool: str, **arguments: str) -> None:
    """Open a tool, fill in its form and send it."""
    row = f"document.querySelector('[data-tool={tool}]')"
    await page.evaluate(f"{row}.open || {row}.querySelector('summary').click()")
    await page.wait_for(f"{row}.querySelector('form')")
    for name, value in arguments.items():
        field = (
            f"[...{row}.querySelectorAll('.field')].find((one) => one.querySelector('code').textContent === '{name}')"
        )
        await page.evaluate(f"{field}.querySelector('input, select, textarea').value = {json.dumps(value)}")
    await page.evaluate(f"{row}.querySelector('form').requestSubmit()")


async def result(page: Page, tool: str, selector: str) -> str:
    """The text of a part of the result, once it is there."""
    part = f"document.querySelector('[data-tool={tool}] .result {selector}')"
    await page.wait_for(part)
    text: str = await page.evaluate(f"{part}.innerText")
    return text


def press(words: str) -> str:
    """A click on the button with these words."""
    return f"[...document.querySelectorAll('button')].find((one) => one.textContent === '{words}').click()"


async def test_a_person_signs_in_tries_a_tool_and_agrees(page: Page, address: str, writes: WritesDatabase) -> None:
    await sign_in(page)
    assert await page.evaluate("location.href") == f"{address}#{writes.name}"
    await try_tool(page, "withdraw", account_id="till", amount="100")
    card = await result(page, "withdraw", ".confirm")
    assert "100 cents leave till; 900 remain." in card
    assert await writes.balance() == 1000
    await page.evaluate(press("Yes, do it"))
    assert "900" in await result(page, "withdraw", "dl")
    assert await writes.balance() == 900
    happened = await page.evaluate("document.querySelector('.calls').innerText")
    assert "waits for your answer" in happened
    assert page.errors == []


async def test_a_no_changes_nothing(page: Page, writes: WritesDatabase) -> None:
    await sign_in(page)
    await try_tool(page, "withdraw", account_id="till", amount="100")
    await result(page, "withdraw", ".confirm")
    await page.evaluate(press("No"))
    assert "Not done." in await result(page, "withdraw", ".confirm")
    assert await writes.balance() == 1000


async def test_a_refusal_is_shown_in_its_words(page: Page) -> None:
    await sign_in(page)
    await try_tool(page, "get_account", account_id="cellar")
    assert await result(page, "get_account", ".refused") == "No account cellar."
    assert "No account cellar." in await page.evaluate("document.querySelector('.calls').innerText")
    await try_tool(page, "get_account", account_id="")
    await page.wait_for("document.querySelector('.refused').innerText === 'account_id is needed.'")
    assert await page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


async def test_what_is_not_allowed_is_named_with_its_reason(page: Page) -> None:
    await sign_in(page, CLOSE)
    assert await page.evaluate("document.querySelector('[data-tool=close_account]')") is None
    hidden = await page.evaluate("[...document.querySelectorAll('.more')].map((one) => one.textContent).join()")
    assert "close_account" in hidden
    assert CLOSE in hidden


async def test_a_person_gets_more_rights_later(page: Page) -> None:
    await sign_in(page, CLOSE)
    await page.evaluate(press("Change rights"))
    await page.wait_for(f"location.pathname === '/authorize' && {ALLOW}")
    await page.evaluate(f"{ALLOW}.click()")
    await page.wait_for("document.querySelector('[data-tool=close_account]')")


async def test_after_signing_out_the_tokens_are_gone(page: Page, own_issuer: RunningIssuer) -> None:
    await sign_in(page)
    kept = await page.evaluate(f"sessionStorage[{SESSIONS}[0]]")
    session = json.loads(kept)
    await page.evaluate(press("Sign out"))
    await page.wait_for("document.body.innerText.includes('Sign in to see')")
    assert await page.evaluate(f"{SESSIONS}.length") == 0
    form = {"grant_type": "refresh_token", "refresh_token": session["refresh"], "client_id": session["client"]}
    answer = httpx2.post(f"{own_issuer.url}/token", data=form, trust_env=False)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_token_is_renewed_before_it_ends(page: Page) -> None:
    await sign_in(page)
    await page.evaluate(
        f"(() => {{ const key = {SESSIONS}[0]; const session = JSON.parse(sessionStorage[key]); "
        "sessionStorage[key] = JSON.stringify({...session, access: 'old', until: Date.now()}) })()"
    )
    await try_tool(page, "get_account", account_id="till")
    assert "1000" in await result(page, "get_account", "dl")


async def test_an_answer_that_this_tab_did_not_ask_for_is_refused(page: Page, address: str) -> None:
    await page.open(f"{address}?code=stolen&state=forged")
    await page.wait_for("document.querySelector('.refused').innerText.includes('not begun in this tab')")
    assert await page.evaluate(f"{SESSIONS}.length") == 0


async def test_the_ways_to_connect_are_tabs_for_the_keyboard(page: Page) -> None:
    await page.evaluate("document.querySelector('[role=tab][aria-selected=true]').focus()")
    for key, title in (("ArrowRight", "Claude Desktop"), ("End", "OpenAI Agents"), ("ArrowRight", "Claude Code")):
        await page.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key)
        assert await page.evaluate("document.activeElement.innerText") == title
        assert await page.evaluate("document.querySelector('[role=tab][aria-selected=true]').innerText") == title


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_page_fits_and_can_be_read(page: Page, width: int, *, dark: bool) -> None:
    await sign_in(page)
    await try_tool(page, "get_account", account_id="till")
    await result(page, "get_account", "dl")
    await try_tool(page, "withdraw", account_id="till", amount="100")
    await result(page, "withdraw", ".confirm")
    await page.shape(width, 1600, dark=dark)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"portal-{width}-{'dark' if dark else 'light'}.png").write_bytes(await page.picture())
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(FAINT) == []
    assert await page.evaluate(NAMELESS) == []
    assert page.errors == []
