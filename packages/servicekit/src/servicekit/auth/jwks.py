"""The issuer's signing keys: fetched without blocking, once for many waiters, and kept when the issuer is down."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from opentelemetry.trace import SpanKind

from servicekit.auth.errors import VerificationUnavailable
from servicekit.settings.service import is_loopback
from servicekit.telemetry.spans import child_span

_logger = logging.getLogger(__name__)

FRESH_FOR: Final = 300.0
"""Seconds after which the key set is fetched again, in the background, while the known keys go on serving."""
UNKNOWN_KEY_INTERVAL: Final = 30.0
"""At most one fetch in this many seconds because of key ids nobody knows, so that strangers cannot make us hammer."""
RETRY_INTERVAL: Final = 1.0
"""While no key is known, at most one fetch in this many seconds: strangers cannot make us hammer an issuer either."""
_LARGEST_DOCUMENT: Final = 256 * 1024
PATIENCE: Final = 10.0  # seconds for metadata and keys together, however slowly they trickle
_SMALLEST_RSA: Final = 2048  # bits; NIST SP 800-131A


class SigningKeys:
    """The keys of one issuer, by key id.

    Args:
        issuer: the issuer's identifier; its metadata names the key set (RFC 8414, OpenID Connect Discovery).
        jwks_url: the key set's address, where it is not to be discovered.
        algorithms: key types outside these are left out.
    """

    def __init__(self, issuer: str, jwks_url: str | None, algorithms: tuple[str, ...]) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._local = is_loopback(urlsplit(issuer).hostname)  # where no proxy of the environment can reach
        self._algorithms = algorithms
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._asked_for_unknown_at = float("-inf")
        self._failed_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self.generation = 0
        """Grows whenever the set of keys changes, so that what was verified under the old set can be dropped."""

    @property
    def known(self) -> bool:
        """Whether any key has ever been fetched."""
        return bool(self._keys)

    async def get(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key with this id; without an id, the only key there is. None where there is no such key.

        Raises:
            CannotVerify: no keys are known and the issuer does not answer.
        """
        now = time.monotonic()
        if not self._keys:
            if now - self._failed_at > RETRY_INTERVAL:
                await self._fetch()
            if not self._keys:
                raise VerificationUnavailable
        key = self._find(key_id)
        if key is None and key_id is not None and now - self._asked_for_unknown_at > UNKNOWN_KEY_INTERVAL:
            self._asked_for_unknown_at = now
            await self._fetch()
            key = self._find(key_id)
        return key

    def keep_fresh(self) -> None:
        """Fetch again in the background when the set is old, so that a key the issuer withdrew is not believed long."""
        if self._keys and time.monotonic() - self._fetched_at > FRESH_FOR:
            self._start_fetch()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Begin fetching, without waiting: an issuer that is down does not stop a start."""
        self._start_fetch()
        try:
            yield
        finally:
            if self._fetching is not None:
                self._fetching.cancel()

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _start_fetch(self) -> asyncio.Task[None]:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._refresh(), name="jwks")
        return self._fetching

    async def _fetch(self) -> None:
        """Wait for the one fetch under way; the waiter's own cancellation does not end it for the others."""
        with child_span(
            "GET jwks", {"server.address": urlsplit(self._jwks_url or self._issuer).hostname or ""}, SpanKind.CLIENT
        ):
            await asyncio.shield(self._start_fetch())

    async def _refresh(self) -> None:
        try:
            # Its own client: fetches are minutes apart, and no connection should outlive one.
            async with (
                asyncio.timeout(PATIENCE),
                httpx2.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=not self._local) as client,
            ):
                url = self._jwks_url or await self._discover(client)
                keys = self._read(await _get_json(client, url))
            if not keys:
                raise ValueError("no usable signing key")
        except Exception as error:  # whatever an issuer sends, the known keys go on serving
            _logger.warning("signing keys not fetched", extra={"issuer": self._issuer, "reason": _reason(error)})
            self._failed_at = time.monotonic()
            self._fetched_at = self._failed_at - FRESH_FOR + UNKNOWN_KEY_INTERVAL  # ask again, but not at once
            return
        if {name: key.key for name, key in keys.items()} != {name: key.key for name, key in self._keys.items()}:
            self.generation += 1
        self._keys = keys
        self._fetched_at = time.monotonic()

    async def _discover(self, client: httpx2.AsyncClient) -> str:
        """The key set's address from the issuer's metadata, which must name the issuer exactly (RFC 8414 §3.3)."""
        parts = urlsplit(self._issuer)
        origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        for url in (
            f"{origin}/.well-known/oauth-authorization-server{path}",
            f"{origin}{path}/.well-known/openid-configuration",
        ):
            try:
                metadata = await _get_json(client, url)
            except (httpx2.HTTPStatusError, ValueError):
                continue  # an issuer that has one of the two may answer the other with any page
            address = metadata.get("jwks_uri")
            if metadata.get("issuer") == self._issuer and isinstance(address, str):
                scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
                if scheme == "https" or (scheme == "http" and is_loopback(host)):
                    return address
        raise ValueError("no metadata names the issuer and its keys")

    def _read(self, document: dict[str, Any]) -> dict[str, jwt.PyJWK]:
        keys: dict[str, jwt.PyJWK] = {}
        for number, entry in enumerate(document.get("keys", [])):
            if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
                continue
            try:
                key = jwt.PyJWK.from_dict(entry)
            except Exception:  # noqa: S112  # one bad entry does not spoil the others, and PyJWT raises many kinds
                continue
            weak = isinstance(key.key, RSAPublicKey) and key.key.key_size < _SMALLEST_RSA
            if key.algorithm_name in self._algorithms and not weak:
                keys[str(entry.get("kid", f"#{number}"))] = key
        return keys


def _reason(error: Exception) -> str:
    """What went wrong, in words of ours or the kind of error; never what the network sent."""
    return str(error) if type(error) is ValueError else type(error).__name__


async def _get_json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    body = bytearray()
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        response.raise_for_status()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LARGEST_DOCUMENT:
                raise ValueError("larger than a metadata document may be")
    try:
        document = json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # what the network said, not a type of ours
    return document
