"""The consent page: what it offers, what it says first, and how it looks on a phone."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from socket import socket

import httpx2
import jwt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from devkit.issuer.configuration import Resource
from devkit.issuer.consent import LIFETIME, ConsentRequest, Consents
from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from devkit.loopback.serving import serving_in_thread
from devkit.settings import WORKSPACE

from .browser import Page, chromium
from .conftest import REDIRECT, RESOURCE, Verifier
from .consent_form import Browser, code_form, read_consent_page, redirect_query

ORDERS = Resource("orders", "Orders", RESOURCE, ("orders:read", "orders:write"))
TICKETING = Resource("ticketing", "Ticketing", "http://127.0.0.1:8102/mcp", ("ticketing:read",))
SCOPES = [*ORDERS.scopes, *TICKETING.scopes]
LONG = "A very long client name without any end " * 5
PICTURES = WORKSPACE / ".dev" / "pictures"


@pytest.fixture(scope="module")
def issuer() -> Iterator[RunningIssuer]:
    """An issuer that knows two servers."""
    with issuer_in_thread(SCOPES, resources=[ORDERS, TICKETING]) as running:
        yield running


@pytest.mark.parametrize(
    ("resource", "scope", "offered"),
    [
        (ORDERS.url, None, ["orders:read", "orders:write"]),
        (TICKETING.url, None, ["ticketing:read"]),
        (ORDERS.url, "orders:read ticketing:read openid", ["orders:read", "openid"]),
        (TICKETING.url, " ".join(SCOPES), ["ticketing:read"]),
        ("http://127.0.0.1:8160/mcp", "orders:read", ["orders:read"]),  # a replica on another port
    ],
)
async def test_only_scopes_of_the_resource_are_offered(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str], resource: str, scope: str | None, offered: list[str]
) -> None:
    page = await Browser(http).open(authorize_url(resource=resource, scope=scope))
    assert read_consent_page(page.text).scopes == offered


async def test_scopes_of_another_resource_alone_are_refused(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str]
) -> None:
    back = redirect_query(await Browser(http).open(authorize_url(resource=ORDERS.url, scope="ticketing:read")))
    assert (back["error"], "orders:read" in back["error_description"]) == ("invalid_scope", True)


async def test_a_forged_form_gets_no_other_scope(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str], client_id: str, pkce: Verifier
) -> None:
    browser = Browser(http)
    page = await browser.open(authorize_url(scope="orders:read"))
    back = redirect_query(await browser.answer(page, scopes=["orders:read", "orders:write", "ticketing:read"]))
    assert (await http.post("/token", data=code_form(back["code"], client_id, pkce))).json()["scope"] == "orders:read"


async def test_a_machine_client_gets_scopes_of_its_resource(http: httpx2.AsyncClient, issuer: RunningIssuer) -> None:
    form = {"grant_type": "client_credentials", "scope": " ".join(SCOPES), "resource": TICKETING.url}
    answer = (await http.post("/token", data=form, auth=("dev-m2m", issuer.machine_secret))).json()
    claims = jwt.decode(answer["access_token"], issuer.key.private_key.public_key(), ["RS256"], audience=TICKETING.url)
    assert answer["scope"] == claims["scope"] == "ticketing:read"


async def registered(http: httpx2.AsyncClient, name: str, redirect_uri: str = REDIRECT) -> str:
    metadata = {"client_name": name, "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"}
    client_id: str = (await http.post("/register", json=metadata)).json()["client_id"]
    return client_id


@pytest.mark.parametrize(
    ("redirect_uri", "receiver"),
    [
        ("https://app.example:8443/cb", "<b>app.example:8443</b>"),
        ("https://xn--pple-43d.example/cb", "<b>xn--pple-43d.example</b>"),
        (REDIRECT, "<b>127.0.0.1:5555, a program on this machine</b>"),
        ("cursor://anysphere.mcp/cb", "<b>the application of cursor://anysphere.mcp links</b>"),
        ("com.example:/cb", "<b>the application of com.example: links</b>"),
    ],
)
async def test_the_page_says_who_asks_first(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str], redirect_uri: str, receiver: str
) -> None:
    client_id = await registered(http, "<i>Orders</i> \u202eadmin\u200b", redirect_uri)
    page = (await Browser(http).open(authorize_url(client_id=client_id, redirect_uri=redirect_uri))).text
    name = "&lt;i&gt;Orders&lt;/i&gt; ⟦U+202E⟧admin⟦U+200B⟧"
    places = [page.index(text) for text in (name, receiver, client_id, ORDERS.url, 'name="scope"', "Deny", "Allow<")]
    assert places == sorted(places)
    assert "\u202e" not in page


async def test_the_page_runs_and_loads_nothing(http: httpx2.AsyncClient, authorize_url: Callable[..., str]) -> None:
    page = await Browser(http).open(authorize_url())
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    for word in ("<script", "autofocus", "onclick", "style=", "http-equiv"):
        assert word not in page.text
    assert 'name="viewport" content="width=device-width,initial-scale=1"' in page.text


def pending(proof: str = "a" * 32) -> ConsentRequest:
    return ConsentRequest(
        client_id="client",
        redirect_uri=REDIRECT,
        requested_redirect_uri=None,
        state=None,
        challenge="x",
        scopes=("orders:read",),
        resource=RESOURCE,
        nonce=None,
        proof=proof,
    )


def test_a_sealed_request_opens_once_in_its_browser() -> None:
    consents, request = Consents(), pending()
    sealed = consents.seal(request)
    assert consents.open(sealed, "b" * 32) is None
    assert consents.open(sealed, "") is None
    assert Consents().open(sealed, request.proof) is None  # of another issuer, or before a restart
    assert consents.open(sealed, request.proof) == request
    assert consents.open(sealed, request.proof) is None


@pytest.mark.parametrize("change", [lambda _: "", lambda text: text[:-4], lambda text: text + "AAAA", str.swapcase])
def test_a_changed_request_does_not_open(change: Callable[[str], str]) -> None:
    consents = Consents()
    assert consents.open(change(consents.seal(pending())), "a" * 32) is None


def test_a_sealed_request_expires() -> None:
    now = 1_000.0
    consents = Consents(lambda: now)
    early, late = consents.seal(pending()), consents.seal(pending())
    now += LIFETIME
    assert consents.open(early, "a" * 32) is not None
    now += 1
    assert consents.open(late, "a" * 32) is None


async def test_any_number_of_open_pages_blocks_none(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str]
) -> None:
    browser = Browser(http)
    page = await browser.open(authorize_url())
    for _ in range(1_100):
        assert (await browser.open(authorize_url(state="other"))).status_code == 200
    assert "code" in redirect_query(await browser.answer(page))


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[Page]:
    async with chromium(tmp_path / "profile") as tab:
        await tab.shape(320, 568, dark=False)
        yield tab


@pytest.mark.parametrize("name", ["Inspector", LONG, "W" * 200, "Z\u0361\u0361\u0361" * 50])
async def test_the_page_fits_a_phone(
    phone: Page, http: httpx2.AsyncClient, authorize_url: Callable[..., str], name: str
) -> None:
    client_id = await registered(http, name)
    await phone.open(authorize_url(client_id=client_id, scope="orders:read orders:write offline_access"))
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await phone.evaluate("scrollY === 0 && document.activeElement === document.body"), "who asks is in view"
    seen = "document.querySelector('{}').getBoundingClientRect().bottom <= innerHeight"
    assert await phone.evaluate(seen.format("h1"))
    assert await phone.evaluate(seen.format("dd b")), "where the answer goes is in view"
    outside = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth)"
    assert await phone.evaluate(f"{outside}.length") == 0
    small = "[...document.querySelectorAll('button')].filter(e => e.getBoundingClientRect().height < 40).length"
    assert await phone.evaluate(small) == 0
    assert phone.errors == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"consent-{name[:4].strip()}.png").write_bytes(await phone.picture())


async def submitted(page: Page, button: str, expected: str) -> None:
    """Click a button that leaves the page. The first wait may begin on the page that is left, and end with it."""
    await page.evaluate(f"document.querySelector('{button}').click()")
    try:
        await page.wait_for(expected)
    except AssertionError:
        await page.wait_for(expected)


async def test_a_browser_signs_in(phone: Page, issuer: RunningIssuer, authorize_url: Callable[..., str]) -> None:
    registration = httpx2.post(
        f"{issuer.url}/register", json={"redirect_uris": [f"{issuer.url}/"], "token_endpoint_auth_method": "none"}
    )
    client_id = registration.json()["client_id"]
    await phone.open(authorize_url(client_id=client_id, redirect_uri=f"{issuer.url}/"))
    await submitted(phone, "button.go", "location.search.includes('code=') && location.search.includes('state=xyz')")


async def test_another_page_cannot_send_the_form(
    phone: Page, issuer: RunningIssuer, authorize_url: Callable[..., str]
) -> None:
    """A form of a page on another port of this machine comes with the cookies of every port."""
    await phone.open(authorize_url())
    sealed = await phone.evaluate("document.querySelector('[name=request]').value")
    fields = {"request": sealed, "decision": "allow", "scope": "orders:read", "subject": "x", "tenant": "acme"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    form = f'<form method="post" action="{issuer.url}/consent">{inputs}<button>Win</button></form>'

    async def trap(_: Request) -> Response:
        return HTMLResponse(f'<link rel="icon" href="data:,">{form}')

    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        with serving_in_thread(Starlette(routes=[Route("/trap", trap)]), listener):
            await phone.open(f"http://127.0.0.1:{listener.getsockname()[1]}/trap")
            refused = "location.pathname === '/consent' && document.body.innerText.includes('other sites')"
            await submitted(phone, "button", refused)
