"""Clients whose id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document)."""

import asyncio
import json
import time
from typing import Any

import httpx2
from pydantic import ValidationError

from devkit.issuer.client import Client
from devkit.issuer.errors import OAuthError
from devkit.issuer.redirect_uris import browser_url, check_redirect_uris, is_on_loopback

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
        document = await _fetch(client_id, on_loopback=_is_on_loopback(client_id))
        client = _read(client_id, document)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[client_id] = (time.monotonic() + KEEP, client)
        return client


def _is_on_loopback(client_id: str) -> bool:
    """Raises `OAuthError` for a URL that cannot be a client id."""
    url = browser_url(client_id)
    if url is None:
        raise _refused("it must be written as browsers write it, without user, fragment and dot segments")
    on_loopback = is_on_loopback(url)
    if url.protocol != "https:" and not on_loopback:
        raise _refused("it must be https (http only on loopback)")
    if url.pathname == "/":
        raise _refused("it must have a path")
    return on_loopback


async def _fetch(client_id: str, *, on_loopback: bool) -> Any:
    body = bytearray()
    try:
        async with (
            asyncio.timeout(FETCH_TIMEOUT),
            # A proxy cannot reach this machine's loopback address.
            httpx2.AsyncClient(follow_redirects=False, timeout=FETCH_TIMEOUT, trust_env=not on_loopback) as http,
            http.stream("GET", client_id, headers={"Accept": "application/json"}) as response,
        ):
            if response.status_code != 200:
                raise _refused(f"its document answers {response.status_code}, not 200 (redirects are not followed)")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > SIZE_LIMIT:
                    raise _refused(f"its document is larger than {SIZE_LIMIT} bytes")
    except (httpx2.HTTPError, TimeoutError):
        raise _refused(
            f"its document could not be fetched within {FETCH_TIMEOUT:.0f} s. Without internet, start with "
            "DEVKIT_CLIENT_DOCUMENTS=false: clients then register"
        ) from None
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError):
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
