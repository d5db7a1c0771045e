"""Redirect URIs as browsers read them: what is registered, and where a sign-in may lead."""

from collections.abc import Callable
from typing import Any

import ada_url
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.issuer.client import Client
from devkit.issuer.errors import OAuthError
from devkit.issuer.redirect_uris import OTHER_SCHEMES, browser_url, check_redirect_uris, is_same_destination

from .conftest import REDIRECT
from .consent_form import Browser

GOOD = [
    "https://app.example/cb", "https://app.example:8443/cb?a=b&c=%20", "https://app.example", "https://xn--9ca.example/cb",
    "http://127.0.0.1/cb", "http://127.0.0.1:5555/cb", "http://localhost:1/", "http://[::1]:9/cb",
    "cursor://anysphere.cursor-mcp/oauth/cb", "vscode://vscode.git/auth?x=1", "com.example.app:/cb",
]  # fmt: skip
BAD = [
    "", "cb", "/cb", "//app.example/cb", "https:", "https://", "https:app.example/cb", "https:/app.example/cb",
    "https:///app.example/cb", "http://evil.example\\@127.0.0.1/cb", "http://127.0.0.1\\@evil.example/cb",
    "https:\\\\evil.example\\cb", "http://127.0.0.1@evil.example/cb", "http://evil.example@127.0.0.1/cb",
    "http://user:word@127.0.0.1/cb", "http://@127.0.0.1/cb", "cursor://user@host/cb", "https://app.example/cb#part",
    "https://app.example/cb#", "https://app.example/a b", " https://app.example/cb", "https://app.example/cb\n",
    "https://app.example/\tcb", "ht\ntps://app.example/cb", "https://app.example/\x00", "https://app.example/\x7f",
    "https://b\u00fccher.example/cb", "https://app\uff0eexample/cb", "http://127\u30020\u30020\u30021/cb",
    "http://\u2488.0.0.1/cb", "https://app.example/\u202ecb", "http://0x7f.1/cb", "http://127.1/cb", "http://2130706433/cb",
    "http://0177.0.0.1/cb", "http://127.0.0.1./cb", "http://127.0.0.01/cb", "http://[::ffff:127.0.0.1]/cb",
    "http://[0:0:0:0:0:0:0:1]/cb", "http://[::1%25eth0]/cb", "http://localhost./cb", "http://localhost.evil.example/cb",
    "http://LOCALHOST/cb", "HTTP://127.0.0.1/cb", "https://App.Example/cb", "http://%31%32%37.0.0.1/cb",
    "https://evil%2eexample/cb", "cursor://h%40st/cb", "https://app.example:443/cb", "http://127.0.0.1:/cb",
    "http://127.0.0.1:99999/cb", "http://127.0.0.1:05555/cb", "https://app.example:8443x/cb",
    "https://app.example/a/../cb", "https://app.example/%2e%2e/cb", "https://app.example/./cb",
    "http://example.org/cb", "http://0.0.0.0/cb", "http://192.0.2.1/cb", "http://127.0.0.2/cb", "http://[::]/cb",
    "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "file:///etc/passwd",
    "blob:https://app.example/x", "view-source:https://app.example/", "ws://127.0.0.1/", "intent://x/#Intent;end",
    "microsoft-edge:https://app.example", "ms-msdt:x", "search-ms:query=x", "smb://host/share", "shell:x",
    "moz-extension://x/x", "web+x:y", "file+x:y", "feed:https://app.example/", "itms-services://?x=1",
    "filesystem:https://app.example/x", "about:blank", "vbscript:x", "mailto:a@b.example",
]  # fmt: skip


@pytest.mark.parametrize("uri", GOOD)
def test_usual_redirect_uris_are_valid(uri: str) -> None:
    check_redirect_uris([uri])
    assert is_same_destination(uri, uri)


@pytest.mark.parametrize("uri", BAD)
async def test_deceptive_redirect_uris_are_not_registered(http: httpx2.AsyncClient, uri: str) -> None:
    answer = await http.post("/register", json={"redirect_uris": [REDIRECT, uri]})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize("uri", BAD)
async def test_deceptive_redirect_uris_get_no_redirect(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str], uri: str
) -> None:
    if uri:  # an empty parameter counts as left out (OAuth 2.1 §3.1)
        response = await Browser(http).open(authorize_url(redirect_uri=uri))
        assert (response.status_code, "location" in response.headers) == (400, False)


def test_a_stored_redirect_uri_is_checked_again() -> None:
    stored = "http://evil.example\\@127.0.0.1/cb"
    client = Client(client_id="old", redirect_uris=(stored,))
    for requested in (None, stored):
        with pytest.raises(OAuthError):
            client.redirect_uri(requested)


@pytest.mark.parametrize(
    ("requested", "registered", "same"),
    [
        ("http://127.0.0.1:49152/cb", "http://127.0.0.1/cb", True),
        ("http://127.0.0.1:49152/cb", "http://127.0.0.1:5555/cb", True),
        ("http://[::1]:49152/cb?a=b", "http://[::1]/cb?a=b", True),
        ("http://localhost:49152/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:49152/cb/", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:49152/cb?x=1", "http://127.0.0.1/cb", False),
        ("https://127.0.0.1:49152/cb", "https://127.0.0.1/cb", False),
        ("https://app.example:8443/cb", "https://app.example/cb", False),
        ("https://app.example/CB", "https://app.example/cb", False),
        ("https://app.example/cb?", "https://app.example/cb", False),
        ("cursor://other/cb", "cursor://one/cb", False),
        ("http://127.0.0.1:1\\@evil.example/cb", "http://127.0.0.1/cb", False),
    ],
)
def test_only_the_port_on_loopback_may_differ(requested: str, registered: str, same: bool) -> None:
    assert is_same_destination(requested, registered) is same


@pytest.mark.parametrize("resource", ["http://evil.example\\@127.0.0.1:8101/mcp", "http://127.1:8101/mcp", "orders"])
async def test_deceptive_resources_are_refused(
    http: httpx2.AsyncClient, authorize_url: Callable[..., str], resource: str
) -> None:
    response = await Browser(http).open(authorize_url(resource=resource))
    assert "error=invalid_target" in response.headers["location"]


parts = st.sampled_from(
    [
        "http", "https", "cursor", "javascript", ":", "/", "//", "\\", "@", "#", "?", "%", "%40", "%2e", ".", "..", "[",
        "]", "127.0.0.1", "127.1", "0x7f", "localhost", "evil.example", "::1", "80", "443", "\t", "\n", " ", "\u3002",
        "\uff0f", "\u00ad", "\u200b", "cb", "user",
    ]
)  # fmt: skip
texts = st.lists(parts | st.characters(), max_size=10).map("".join) | st.builds(
    lambda scheme, rest: f"{scheme}://{''.join(rest)}", st.sampled_from(["http", "https", "cursor"]), st.lists(parts)
)


@given(uri=texts)
def test_a_browser_goes_where_an_accepted_uri_says(uri: str) -> None:
    try:
        check_redirect_uris([uri])
    except OAuthError:
        return
    url = ada_url.URL(uri)
    assert url.href.removesuffix("/") == uri.removesuffix("/")
    assert (url.username, url.password, url.hash) == ("", "", "")
    assert url.protocol not in OTHER_SCHEMES
    assert url.protocol != "http:" or url.hostname in ("127.0.0.1", "localhost", "[::1]")
    assert uri.isascii()
    assert uri.isprintable()
    assert not {" ", "\\", "#"} & set(uri)
    # The authority stands in the text as a browser reads it, so a person reads the same.
    assert uri.startswith(f"{url.protocol}//{url.host}" if url.host else url.protocol)


@given(requested=texts, registered=st.sampled_from(GOOD))
def test_an_accepted_request_leads_to_the_registered_host(requested: str, registered: str) -> None:
    if is_same_destination(requested, registered):
        one, other = ada_url.URL(requested), ada_url.URL(registered)
        assert (one.protocol, one.hostname, one.pathname) == (other.protocol, other.hostname, other.pathname)


@given(text=st.text(max_size=60) | st.binary(max_size=60).map(lambda value: value.decode("latin-1")))
def test_no_text_breaks_the_parser(text: str) -> None:
    found: Any = browser_url(text)
    assert found is None or found.href.startswith(text.rstrip("/"))
