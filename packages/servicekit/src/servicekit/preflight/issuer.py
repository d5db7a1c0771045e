"""Checks the issuer of access tokens: its metadata, its keys, its clock."""

import time
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from servicekit.auth.introspection import Introspection
from servicekit.auth.jwks import get_json, metadata_urls, usable_keys
from servicekit.preflight.clock import compare_clocks
from servicekit.preflight.finding import Area
from servicekit.preflight.http_problem import http_problem
from servicekit.preflight.variables import variable
from servicekit.settings.service import ServiceSettings
from servicekit.settings.urls import check_https, is_loopback

_DATE_PRECISION: Final = 1.0  # seconds; a Date header has no fractions
_MORE: Final = 1.0  # seconds that a proxy's cache may add


class IssuerChecks:
    """The issuer of one server's access tokens."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._variable = variable(settings, "issuer")

    async def check(self, area: Area) -> None:
        """Fetch metadata and keys as the server does."""
        issuer = self._settings.issuer
        if issuer is None:
            area.ok("metadata", f"{self._variable} is not set: tokens are not accepted.")
            return
        local = is_loopback(urlsplit(issuer).hostname)  # a proxy cannot reach a loopback address
        async with httpx2.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=not local) as client:
            clock = _Clock()
            client.event_hooks["response"].append(clock.read)
            if (url := self._settings.jwks_url) is not None:
                area.ok("metadata", f"Not used: {variable(self._settings, 'jwks_url')} is set.")
            else:
                url = await self._key_set(area, client, issuer)
            if url is not None:
                await self._keys(area, client, url)
            clock.compare(area, self._settings.token_leeway)
        if self._settings.introspection_url is not None:
            await self._introspection(area)

    async def _key_set(self, area: Area, client: httpx2.AsyncClient, issuer: str) -> str | None:
        """The URL of the key set, from the metadata."""
        problem, remedy = "", ""
        for url in metadata_urls(issuer):
            try:
                metadata = await get_json(client, url)
            except (httpx2.HTTPError, OSError, ValueError) as error:
                problem, remedy = problem or http_problem(error)[0], remedy or http_problem(error)[1]
                continue
            named, jwks_url = metadata.get("issuer"), metadata.get("jwks_uri")
            if named != issuer:
                problem = f"The metadata at {url} names another issuer, so tokens would be refused."
                remedy = f"Set {self._variable} exactly as the issuer writes it, also the slash at its end."
            elif not isinstance(jwks_url, str):
                problem, remedy = f"The metadata at {url} names no jwks_uri.", "Set JWKS_URL."
            elif not _is_allowed(jwks_url):
                problem, remedy = "The jwks_uri of the metadata is not https.", "Correct the issuer, or set JWKS_URL."
            else:
                area.ok("metadata", f"{url} names the issuer and its keys.")
                return jwks_url
        area.fail("metadata", problem, remedy)
        return None

    async def _keys(self, area: Area, client: httpx2.AsyncClient, url: str) -> None:
        algorithms = self._settings.token_algorithms
        try:
            keys = usable_keys(await get_json(client, url), algorithms)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, TypeError, AttributeError) as error:
            detail, remedy = http_problem(error)
            area.fail("keys", f"{url}: {detail}", remedy)
            return
        if keys:
            area.ok("keys", f"{len(keys)} usable signing keys.")
        else:
            area.fail(
                "keys",
                f"{url} has no usable signing key for {', '.join(algorithms)}.",
                f"Let the issuer sign with one of them (RSA from 2048 bits on), or set {self._algorithms}.",
            )

    async def _introspection(self, area: Area) -> None:
        """Ask about a text that is no token: a right answer needs the right credentials."""
        introspection = Introspection(self._settings)
        credentials = f"Set {variable(self._settings, 'introspection_client_id')} and its secret to those of a client "
        try:
            async with introspection.running():
                active = await introspection.is_active("not-a-token")
        except ValueError as error:
            area.fail("introspection", f"Not usable: {error}.", f"{credentials}that may introspect, or check the URL.")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            area.fail("introspection", *http_problem(error))
        else:
            if active:
                area.fail("introspection", "The endpoint says that any text is an active token.", "Check the URL.")
            else:
                area.ok("introspection", "The endpoint answers, and accepts this server's credentials.")

    @property
    def _algorithms(self) -> str:
        return variable(self._settings, "token_algorithms")


class _Clock:
    """The issuer's clock, from the Date header of the latest response."""

    def __init__(self) -> None:
        self._asked = time.time()
        self._theirs: float | None = None
        self._answered = self._asked

    async def read(self, response: Any) -> None:
        if "age" in response.headers:  # from a cache: the date is that of the first answer
            return
        try:
            self._theirs = parsedate_to_datetime(response.headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return
        self._answered = time.time()

    def compare(self, area: Area, leeway: float) -> None:
        if self._theirs is not None:
            compare_clocks(area, self._theirs, self._asked, self._answered, leeway + _MORE, _DATE_PRECISION)


def _is_allowed(url: str) -> bool:
    try:
        return check_https(url) is not None
    except ValueError:
        return False
