"""Requests whose consent page is open. The page carries its request, sealed: opening it changes nothing here."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

LIFETIME: Final = 600.0
"""Seconds until an open consent page expires."""


class ConsentRequest(BaseModel):
    """A valid authorization request.

    Attributes:
        requested_redirect_uri: as the client sent it; None where it left it out.
        proof: also in a cookie of the browser that opened the page.
    """

    model_config = ConfigDict(frozen=True)

    client_id: str
    redirect_uri: str
    requested_redirect_uri: str | None
    state: str | None
    challenge: str
    scopes: tuple[str, ...]
    resource: str
    nonce: str | None
    proof: str


class _Sealed(BaseModel):
    id: str
    expires_at: float
    request: ConsentRequest


class Consents:
    """Seals requests, and opens each once. `clock` returns seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._used: dict[str, float] = {}

    def seal(self, request: ConsentRequest) -> str:
        """The request as text for the page's form."""
        sealed = _Sealed(id=secrets.token_hex(16), expires_at=self._clock() + LIFETIME, request=request)
        text = sealed.model_dump_json().encode()
        return base64.urlsafe_b64encode(self._signature(text) + text).decode()

    def open(self, sealed: str, proof: str) -> ConsentRequest | None:
        """The request; None where it is not from here, has expired, was opened before, or is another browser's."""
        try:
            content = base64.b64decode(sealed, b"-_", validate=True)
            signature, text = content[:32], content[32:]
            if not hmac.compare_digest(signature, self._signature(text)):
                return None
            held = _Sealed.model_validate_json(text)
        except (binascii.Error, ValueError, ValidationError):
            return None
        now = self._clock()
        if held.expires_at < now or not hmac.compare_digest(proof.encode(), held.request.proof.encode()):
            return None
        self._used = {name: expiry for name, expiry in self._used.items() if expiry >= now}
        if held.id in self._used:
            return None
        self._used[held.id] = held.expires_at
        return held.request

    def _signature(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, hashlib.sha256)
