"""Introspection over real HTTP: a revoked token dies within the bound, and nothing extends it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from pydantic import SecretStr

from devkit.issuer.keys import KeyPair
from servicekit.auth import introspection
from servicekit.settings.file_secret import FileSecret
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import general_app
from tests.servicekit.conftest import Site, at, request

from .scripted_issuer import ScriptedIssuer, scripted

PATH = "/introspect"
KEY = KeyPair.generate()
LIST = request("tools/list")
Serve = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def provider() -> Iterator[ScriptedIssuer]:
    with scripted() as issuer:
        issuer.publish(KEY)
        issuer.say(PATH, {"active": True})
        yield issuer


@pytest.fixture
def serve(provider: ScriptedIssuer) -> Serve:
    """A server that introspects at the provider."""

    @contextmanager
    def run(**settings: Any) -> Iterator[Site]:
        values = {
            "introspection_url": f"{provider.url}{PATH}",
            "introspection_client_id": "books server",
            "introspection_client_secret": SecretStr("a:b%c"),
            **settings,
        }
        with serving(lambda port: general_app(**at(port, provider.url), **values)) as base_url:
            yield Site(base_url, None)  # type: ignore[arg-type]

    return run


def questions(provider: ScriptedIssuer) -> int:
    return provider.asked.count(PATH)


def call(site: Site, token: str) -> httpx2.Response:
    return site.post(LIST, token)


def test_a_revoked_token_is_refused_within_the_bound(serve: Serve, provider: ScriptedIssuer) -> None:
    with serve(introspection_cache_seconds=1.0) as site:
        token = provider.token(KEY, site)
        assert call(site, token).status_code == 200
        provider.say(PATH, {"active": False})
        revoked_at = time.monotonic()
        while call(site, token).status_code == 200:
            assert time.monotonic() - revoked_at < 1.0 + 0.5  # a call may take half a second on a busy machine
        response = call(site, token)
        assert response.status_code == 401
        assert response.json()["error_description"] == "The access token was revoked"


def test_the_issuer_is_asked_once_while_its_answer_counts(serve: Serve, provider: ScriptedIssuer) -> None:
    with serve() as site:
        token = provider.token(KEY, site)
        assert [call(site, token).status_code for _ in range(3)] == [200, 200, 200]
        assert questions(provider) == 1
        assert call(site, provider.token(KEY, site, subject="bob")).status_code == 200
        assert questions(provider) == 2


def test_no_seconds_mean_that_every_call_asks(serve: Serve, provider: ScriptedIssuer) -> None:
    with serve(introspection_cache_seconds=0) as site:
        token = provider.token(KEY, site)
        assert call(site, token).status_code == 200
        provider.say(PATH, {"active": False})
        assert call(site, token).status_code == 401


def test_the_question_carries_the_credentials_and_the_token(serve: Serve, provider: ScriptedIssuer) -> None:
    with serve() as site:
        token = provider.token(KEY, site)
        call(site, token)
    sent = next(headers for path, headers in zip(provider.asked, provider.headers, strict=True) if path == PATH)
    basic = httpx2.BasicAuth("books+server", "a%3Ab%25c")._auth_header  # form-encoded first, RFC 6749 §2.3.1
    assert sent["authorization"] == basic
    form = parse_qs(provider.bodies[-1].decode())
    assert form == {"token": [token], "token_type_hint": ["access_token"]}


def test_a_token_that_is_invalid_here_is_not_introspected(serve: Serve, provider: ScriptedIssuer) -> None:
    with serve() as site:
        for token in ("abc", provider.token(KEY, site, lifetime=-60), provider.token(KeyPair.generate(), site)):
            assert call(site, token).status_code == 401
    assert questions(provider) == 0


UNUSABLE: dict[str, tuple[Any, int]] = {
    "an error": ({"active": True}, 500),
    "our credentials refused": ({"error": "invalid_client"}, 401),
    "a redirect": ({}, 302),
    "no JSON": (b"<html>", 200),
    "a list": ([True], 200),
    "no word about it": ({"exp": 1}, 200),
    "active as text": ({"active": "true"}, 200),
    "active as null": ({"active": None}, 200),
    "a flood": (b"x" * 100_000, 200),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_answer_fails_closed(serve: Serve, provider: ScriptedIssuer, name: str) -> None:
    document, status = UNUSABLE[name]
    provider.say(PATH, document, status, Location="/elsewhere")
    with serve() as site:
        response = call(site, provider.token(KEY, site))
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "identity provider is unreachable" in response.text


def test_an_unreachable_issuer_extends_no_answer(serve: Serve, provider: ScriptedIssuer) -> None:
    with serve(introspection_cache_seconds=1.0, introspection_url="http://127.0.0.1:9/introspect") as site:
        assert call(site, provider.token(KEY, site)).status_code == 503
    with serve(introspection_cache_seconds=1.0) as site:
        token = provider.token(KEY, site)
        answered_at = time.monotonic()
        assert call(site, token).status_code == 200
        provider.say(PATH, {}, 500)
        while call(site, token).status_code == 200:
            assert time.monotonic() - answered_at < 1.0 + 0.5
        assert call(site, token).status_code == 503


def test_a_failure_is_not_repeated_for_every_call(serve: Serve, provider: ScriptedIssuer) -> None:
    provider.say(PATH, {}, 500)
    with serve() as site:
        assert {call(site, provider.token(KEY, site)).status_code for _ in range(5)} == {503}
    assert questions(provider) < 5


def test_calls_that_wait_share_one_question(serve: Serve, provider: ScriptedIssuer) -> None:
    with serve() as site, ThreadPoolExecutor(8) as pool:
        provider.delay = 1.0
        token = provider.token(KEY, site)
        assert call(site, provider.token(KEY, site, subject="warm")).status_code == 200  # keys and threads are there
        before = questions(provider)
        assert {each.status_code for each in pool.map(lambda _: call(site, token), range(8))} == {200}
        assert questions(provider) == before + 1


def test_only_so_many_answers_are_remembered(
    serve: Serve, provider: ScriptedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspection, "MOST_REMEMBERED", 2)
    with serve() as site:
        ann, bob, cem = (provider.token(KEY, site, subject=name) for name in ("ann", "bob", "cem"))
        for token in (ann, bob, ann, cem, ann):
            assert call(site, token).status_code == 200
        assert questions(provider) == 3
        assert call(site, bob).status_code == 200  # not used for longest
        assert questions(provider) == 4


def test_a_rotated_secret_is_read_again(serve: Serve, provider: ScriptedIssuer, tmp_path: Any) -> None:
    file = tmp_path / "secret"
    file.write_text("first")
    with serve(introspection_client_secret=FileSecret("first", file), introspection_cache_seconds=0) as site:
        token = provider.token(KEY, site)
        call(site, token)
        file.write_text("second one\n")
        call(site, token)
    sent = [
        headers["authorization"] for path, headers in zip(provider.asked, provider.headers, strict=True) if path == PATH
    ]
    assert sent == [httpx2.BasicAuth("books+server", secret)._auth_header for secret in ("first", "second+one")]
