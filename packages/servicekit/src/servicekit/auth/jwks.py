"""The issuer's signing keys (JWKS): fetched once for concurrent calls, and kept while the issuer is unreachable."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from opentelemetry.trace import SpanKind

from servicekit.auth.errors import VerificationUnavailable
from servicekit.settings.urls import is_loopback
from servicekit.telemetry.spans import child_span

_logger = logging.getLogger(__name__)

REFRESH_INTERVAL: Final = 300.0
"""Seconds after which the key set is fetched again, in the background."""
UNKNOWN_KEY_INTERVAL: Final = 30.0
"""Seconds between fetches caused by unknown key ids, so that forged tokens cannot flood the issuer."""
RETRY_INTERVAL: Final = 1.0
"""Seconds between fetches while no key is known."""
_MAX_DOCUMENT_BYTES: Final = 256 * 1024
FETCH_TIMEOUT: Final = 10.0  # seconds for metadata and keys together
_MIN_RSA_BITS: Final = 2048  # NIST SP 800-131A
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


@dataclass(frozen=True)
class SigningKey:
    """A public key of the issuer.

    Attributes:
        public_key: an RSA, elliptic curve or Edwards curve key of `cryptography`.
        algorithms: the accepted algorithms whose signatures it verifies.
    """

    public_key: Any
    algorithms: frozenset[str]


class SigningKeys:
    """The keys of one issuer, by key id.

    Args:
        issuer: the issuer's identifier; its metadata names the key set (RFC 8414, OpenID Connect Discovery).
        jwks_url: the URL of the key set; None discovers it from the issuer's metadata.
        algorithms: the accepted algorithms; keys for others are ignored.
    """

    def __init__(self, issuer: str, jwks_url: str | None, algorithms: tuple[str, ...]) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._local = is_loopback(urlsplit(issuer).hostname)  # a proxy cannot reach a loopback address
        self._algorithms = algorithms
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at = float("-inf")
        self._unknown_key_fetch_at = float("-inf")
        self._failed_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self.generation = 0
        """Incremented when the set of keys changes, so that caches of verified tokens can be cleared."""

    async def get(self, key_id: str | None) -> SigningKey | None:
        """The key with this id, or the only key where `key_id` is None. None for an unknown key.

        Raises:
            VerificationUnavailable: no keys are known, and the issuer is unreachable.
        """
        now = time.monotonic()
        if not self._keys:
            if now - self._failed_at > RETRY_INTERVAL:
                await self._fetch()
            if not self._keys:
                raise VerificationUnavailable
        key = self._find(key_id)
        if key is None and key_id is not None:
            if now - self._unknown_key_fetch_at > UNKNOWN_KEY_INTERVAL:
                self._unknown_key_fetch_at = now
                await self._fetch()
            elif self._is_fetching:  # for another unknown key, which may be forged: this one may be new
                await self._fetch()
            key = self._find(key_id)
        return key

    def refresh_if_stale(self) -> None:
        """Start a fetch in the background if the key set is old, so that withdrawn keys are dropped."""
        if self._keys and time.monotonic() - self._fetched_at > REFRESH_INTERVAL:
            self._start_fetch()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the first fetch in the background: the server starts even if the issuer is unreachable."""
        self._start_fetch()
        try:
            yield
        finally:
            if self._fetching is not None:
                self._fetching.cancel()

    def _find(self, key_id: str | None) -> SigningKey | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    @property
    def _is_fetching(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    def _start_fetch(self) -> asyncio.Task[None]:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._refresh(), name="jwks")
        return self._fetching

    async def _fetch(self) -> None:
        """Wait for the running fetch, or a new one. Cancelling one waiter does not cancel the fetch."""
        with child_span(
            "GET jwks", {"server.address": urlsplit(self._jwks_url or self._issuer).hostname or ""}, SpanKind.CLIENT
        ):
            await asyncio.shield(self._start_fetch())

    async def _refresh(self) -> None:
        try:
            # A client per fetch: fetches are minutes apart, so connections are not kept open.
            async with (
                asyncio.timeout(FETCH_TIMEOUT),
                httpx2.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=not self._local) as client,
            ):
                url = self._jwks_url or await self._discover(client)
                keys = usable_keys(await get_json(client, url), self._algorithms)
            if not keys:
                raise ValueError("no usable signing key in the key set")
        except Exception as error:  # the known keys stay in use, whatever the issuer sends
            _logger.warning("signing keys not fetched", extra={"issuer": self._issuer, "reason": _reason(error)})
            self._failed_at = time.monotonic()
            self._fetched_at = (
                self._failed_at - REFRESH_INTERVAL + UNKNOWN_KEY_INTERVAL
            )  # retry after UNKNOWN_KEY_INTERVAL
            return
        if keys != self._keys:
            self.generation += 1
        self._keys = keys
        self._fetched_at = time.monotonic()

    async def _discover(self, client: httpx2.AsyncClient) -> str:
        """The URL of the key set, from metadata that must name the issuer exactly (RFC 8414 §3.3)."""
        for url in metadata_urls(self._issuer):
            try:
                metadata = await get_json(client, url)
            except (httpx2.HTTPStatusError, ValueError):
                continue  # issuers with one of the two may answer the other with any page
            jwks_url = metadata.get("jwks_uri")
            if metadata.get("issuer") == self._issuer and isinstance(jwks_url, str):
                scheme, host = urlsplit(jwks_url).scheme, urlsplit(jwks_url).hostname
                if scheme == "https" or (scheme == "http" and is_loopback(host)):
                    return jwks_url
        raise ValueError("no metadata document names the issuer and its jwks_uri")


def metadata_urls(issuer: str) -> tuple[str, str]:
    """The places of an issuer's metadata: RFC 8414 §3.1, OpenID Connect Discovery §4.1."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    return f"{origin}/.well-known/oauth-authorization-server{path}", f"{origin}{path}/.well-known/openid-configuration"


def usable_keys(document: dict[str, Any], algorithms: Sequence[str]) -> dict[str, SigningKey]:
    """The keys of a key set that can verify signatures of these algorithms, by key id."""
    keys: dict[str, SigningKey] = {}
    for number, entry in enumerate(document.get("keys", [])):
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK.from_dict(entry)
        except Exception:  # noqa: S112  # an invalid entry is skipped; PyJWT raises many types
            continue
        weak = isinstance(key.key, RSAPublicKey) and key.key.key_size < _MIN_RSA_BITS
        # Some issuers leave the algorithm of an RSA key out: then it verifies every one for such keys.
        fitting = _RSA if isinstance(key.key, RSAPublicKey) and "alg" not in entry else (key.algorithm_name,)
        usable = frozenset(fitting).intersection(algorithms)
        if usable and not weak:
            keys[str(entry.get("kid", f"#{number}"))] = SigningKey(key.key, usable)
    return keys


def _reason(error: Exception) -> str:
    """The reason for the log: our own text or the error's type, never content from the network."""
    return str(error) if type(error) is ValueError else type(error).__name__


async def get_json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    """The JSON object at a URL.

    Raises:
        httpx2.HTTPError: there is no answer, or its status is an error.
        ValueError: the document is too large, or no JSON object.
    """
    body = bytearray()
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        response.raise_for_status()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_DOCUMENT_BYTES:
                raise ValueError(f"the document is larger than {_MAX_DOCUMENT_BYTES} bytes")
    try:
        document = json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise ValueError("the document is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("the document is not a JSON object")  # noqa: TRY004  # invalid content, not a wrong type
    return document
