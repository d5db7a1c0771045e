"""A scripted user at the consent page: opens the page and submits its form without following redirects."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx2

from .conftest import REDIRECT, Verifier

_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_SCOPE = re.compile(r'name="scope" value="([^"]*)"')


@dataclass(frozen=True)
class ConsentPage:
    """The parsed consent page."""

    html: str
    hidden: dict[str, str]
    scopes: list[str]


class Browser:
    """A browser with cookies."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def open(self, url: str) -> httpx2.Response:
        """Visit an authorization URL."""
        return await self._http.get(url, follow_redirects=False)

    async def answer(
        self,
        page: httpx2.Response,
        *,
        decision: str = "allow",
        subject: str = "dev",
        tenant: str = "acme",
        scopes: Sequence[str] | None = None,
    ) -> httpx2.Response:
        """Submit the form of a consent page; returns the redirect to the client."""
        form = read_consent_page(page.text)
        data: dict[str, str | list[str]] = {
            **form.hidden,
            "subject": subject,
            "tenant": tenant,
            "decision": decision,
            "scope": list(form.scopes if scopes is None else scopes),
        }
        return await self._http.post(str(page.url.join("/consent")), data=data, follow_redirects=False)

    async def sign_in(self, url: str, **answers: str) -> dict[str, str]:
        """Visit an authorization URL, allow everything, and return the query of the redirect to the client."""
        page = await self.open(url)
        response = page if page.is_redirect else await self.answer(page, **answers)
        return redirect_query(response)


def read_consent_page(html: str) -> ConsentPage:
    """Parse a consent page."""
    hidden = {name: unescape(value) for name, value in _FIELD.findall(html)}
    return ConsentPage(html, hidden, [unescape(scope) for scope in _SCOPE.findall(html)])


def redirect_query(response: httpx2.Response) -> dict[str, str]:
    """The query of the URL that the response redirects to."""
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def code_form(code: str, client_id: str, pkce: Verifier) -> dict[str, str]:
    """The form by which a client exchanges a code for tokens."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "code_verifier": pkce.verifier,
    }
