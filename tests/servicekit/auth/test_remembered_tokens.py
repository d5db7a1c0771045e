"""Verified tokens are remembered, so that their signature is verified once: never past their expiry, never too many."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from devkit.issuer.keys import KeyPair, mint
from servicekit.auth import access_token
from servicekit.auth.access_token import TokenVerifier
from servicekit.auth.errors import InvalidCredential
from servicekit.auth.jwks import SigningKeys
from tests.servicekit.apps.general_app import READ, app_settings
from tests.servicekit.conftest import request

from .scripted_issuer import ScriptedIssuer, scripted

KEY = KeyPair.generate()
ENDPOINT = "http://127.0.0.1:8000/mcp"
LIST = request("tools/list")


class CountedKeys(SigningKeys):
    """The issuer's keys, with the number of times that a token was verified with them."""

    used = 0

    async def get(self, key_id: str | None) -> jwt.PyJWK | None:
        self.used += 1
        return await super().get(key_id)


@dataclass
class Verification:
    """A verifier, its keys, and its issuer."""

    issuer: ScriptedIssuer
    keys: CountedKeys
    verifier: TokenVerifier

    def token(self, **changes: Any) -> str:
        return mint(KEY, issuer=self.issuer.url, audience=ENDPOINT, scopes=[READ], **changes)

    async def verify(self, token: str) -> bool:
        """Whether the token was verified again, and not remembered."""
        before = self.keys.used
        await self.verifier.verify(token)
        return self.keys.used > before


@pytest.fixture
def published() -> Iterator[ScriptedIssuer]:
    with scripted() as issuer:
        issuer.publish(KEY)
        yield issuer


@asynccontextmanager
async def verifying(issuer: ScriptedIssuer, leeway: int) -> AsyncIterator[Verification]:
    settings = app_settings(issuer=issuer.url, public_url=ENDPOINT, token_leeway=leeway)
    keys = CountedKeys(issuer.url, None, settings.token_algorithms)
    async with keys.running():
        await keys.get(KEY.key_id)
        yield Verification(issuer, keys, TokenVerifier(settings, keys))


@pytest.fixture
async def verification(published: ScriptedIssuer) -> AsyncIterator[Verification]:
    """Verification without leeway, after the first fetch of the keys."""
    async with verifying(published, leeway=0) as running:
        yield running


def until_after(moment: float) -> None:
    while time.time() <= moment:
        time.sleep(0.02)


async def test_a_token_is_verified_once(verification: Verification) -> None:
    token = verification.token()
    assert [await verification.verify(token) for _ in range(3)] == [True, False, False]


async def test_a_remembered_caller_is_the_same(verification: Verification) -> None:
    token = verification.token(claims={"azp": "desk", "client_id": None, "grants": {"shelves": ["a"]}})
    first, again = await verification.verifier.verify(token), await verification.verifier.verify(token)
    assert first == again
    assert (first.client_id, first.tenant, first.grants, first.scopes) == (
        "desk",
        "acme",
        {"shelves": ["a"]},
        frozenset({READ}),
    )


async def test_a_remembered_token_ends_with_its_expiry(verification: Verification) -> None:
    expiry = time.time() + 1.0
    token = verification.token(claims={"exp": expiry})
    assert await verification.verify(token)
    assert (await verification.verifier.verify(token)).expires_at == expiry
    until_after(expiry)
    for _ in range(2):
        with pytest.raises(InvalidCredential) as refused:
            await verification.verify(token)
        assert refused.value.reason == "expired"


def test_a_server_refuses_a_token_that_expires_between_calls(serve: Any) -> None:
    with serve(token_leeway=0) as strict:
        expiry = time.time() + 1.5
        token = strict.token(READ, claims={"exp": expiry})
        assert [strict.post(LIST, token).status_code for _ in range(2)] == [200, 200]
        until_after(expiry)
        response = strict.post(LIST, token)
        assert response.status_code == 401
        assert response.json()["error_description"] == "The access token has expired"


async def test_the_leeway_holds_for_remembered_tokens(published: ScriptedIssuer) -> None:
    async with verifying(published, leeway=30) as verification:
        token = verification.token(lifetime=-20)
        assert [await verification.verify(token) for _ in range(2)] == [True, False]


async def test_only_so_many_tokens_are_remembered(verification: Verification, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_token, "_CACHE_SIZE", 2)
    first, second, third = (verification.token(subject=name) for name in ("ann", "bob", "cem"))
    assert [await verification.verify(token) for token in (first, second)] == [True, True]
    assert not await verification.verify(first)  # and so the second is the one that was not used for longest
    assert await verification.verify(third)
    assert [await verification.verify(token) for token in (first, third)] == [False, False]
    assert await verification.verify(second)


async def test_an_invalid_token_is_not_remembered(verification: Verification) -> None:
    token = verification.token(claims={"sub": ""})
    before = verification.keys.used
    for number in (1, 2):
        with pytest.raises(InvalidCredential):
            await verification.verifier.verify(token)
        assert verification.keys.used == before + number
