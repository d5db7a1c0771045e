"""Clients whose id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document)."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
from pydantic import ValidationError

from devkit.issuer.client import LOOPBACK_HOSTS, Client, check_redirect_uris
from devkit.issuer.errors import OAuthError

SIZE_LIMIT = 16 * 1024
"""Bytes; the draft recommends 5 KiB."""
FETCH_TIMEOUT = 3.0
"""Seconds for the whole request."""
KEEP = 300.0
"""Seconds until a document is fetched again."""
MOST_KEPT = 100


def is_document_url(client_id: str) -> bool:
    """Whether a client id is a URL."""
    return client_id.startswith(("https://", "http://"))


class MetadataDocuments:
    """Fetches and caches client metadata."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Client]] = {}

    async def client(self, client_id: str) -> Client:
        """The client described by the document at `client_id`. Raises `OAuthError` for an invalid URL or document."""
        kept = self._kept.get(client_id)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        _check_url(client_id)
        client = _read(client_id, await _fetch(client_id))
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[client_id] = (time.monotonic() + KEEP, client)
        return client


def _check_url(client_id: str) -> None:
    try:
        url = urlsplit(client_id)
        _ = url.port
    except ValueError:
        raise _refused("it is not a valid URL") from None
    if url.scheme != "https" and url.hostname not in LOOPBACK_HOSTS:
        raise _refused("it must be https (http only on loopback)")
    if not url.hostname or "@" in url.netloc or "#" in client_id:
        raise _refused("it must have a host, no user and no fragment")
    if url.path in ("", "/") or any(part in (".", "..") for part in url.path.split("/")):
        raise _refused("it must have a path without dot segments")


async def _fetch(client_id: str) -> Any:
    loopback = urlsplit(client_id).hostname in LOOPBACK_HOSTS
    body = bytearray()
    try:
        async with (
            asyncio.timeout(FETCH_TIMEOUT),
            # A proxy cannot reach this machine's loopback address.
            httpx2.AsyncClient(follow_redirects=False, timeout=FETCH_TIMEOUT, trust_env=not loopback) as http,
            http.stream("GET", client_id, headers={"Accept": "application/json"}) as response,
        ):
            if response.status_code != 200:
                raise _refused(f"its document answers {response.status_code}, not 200 (redirects are not followed)")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > SIZE_LIMIT:
                    raise _refused(f"its document is larger than {SIZE_LIMIT} bytes")
    except (httpx2.HTTPError, TimeoutError):
        raise _refused(f"its document could not be fetched within {FETCH_TIMEOUT:.0f} s") from None
    try:
        return json.loads(bytes(body))
    except ValueError:
        raise _refused("its document is not JSON") from None


def _read(client_id: str, document: Any) -> Client:
    if not isinstance(document, dict) or document.get("client_id") != client_id:
        raise _refused("its document does not contain the same client_id")
    if "client_secret" in document or document.get("token_endpoint_auth_method", "none") != "none":
        raise _refused("a client described by a document is public: token_endpoint_auth_method must be none")
    try:
        client = Client.model_validate({**document, "token_endpoint_auth_method": "none"})
    except ValidationError as problem:
        fields = ", ".join(sorted({str(error["loc"][0]) for error in problem.errors() if error["loc"]}))
        raise _refused(f"its document has invalid fields ({fields})") from None
    check_redirect_uris(client.redirect_uris)
    return client


def _refused(reason: str) -> OAuthError:
    return OAuthError("invalid_client", f"This client_id is a URL, but {reason}.", status=401)
