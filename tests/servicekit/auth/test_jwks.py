"""The issuer's keys: fetched once for many, kept when it is away, rotated, and never believed from elsewhere."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from devkit.issuer.keys import KeyPair, mint
from devkit.issuer.testing import RunningIssuer
from servicekit.auth import jwks
from tests.servicekit.conftest import Site, request

from .scripted_issuer import KEYS, OAUTH, OIDC, Answer, ScriptedIssuer, scripted

LIST = request("tools/list")


def running(issuer: ScriptedIssuer) -> RunningIssuer:
    return RunningIssuer(issuer.url, KEY, "")


def status(site: Site, token: str) -> int:
    return site.post(LIST, token).status_code


def becomes(expected: int, ask: Callable[[], int], within: float = 5.0) -> None:
    """Ask until the answer is the expected one."""
    deadline = time.monotonic() + within
    while (got := ask()) != expected:
        assert time.monotonic() < deadline, f"still {got}"


KEY, OTHER = KeyPair.generate(), KeyPair.generate()


def test_tokens_stay_valid_when_the_issuer_stops(serve: Any) -> None:
    with scripted() as issuer:
        issuer.publish(KEY)
        with serve(issuer=running(issuer)) as site:
            first = issuer.token(KEY, site)
            assert status(site, first) == 200
            issuer.answers.clear()
            assert status(site, first) == 200
            assert status(site, issuer.token(KEY, site, subject="bob")) == 200
            assert status(site, issuer.token(OTHER, site)) == 401


def test_an_issuer_absent_at_the_start_is_503_until_it_answers(serve: Any, free_port: int) -> None:
    away = ScriptedIssuer(f"http://127.0.0.1:{free_port}")
    with serve(issuer=running(away)) as site:
        token = away.token(KEY, site)
        response = site.post(LIST, token)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert "the identity provider is unreachable" in response.json()["error"]["message"]
        assert status(site, "abc") == 401
        with scripted(free_port) as issuer:
            issuer.publish(KEY)
            becomes(200, lambda: status(site, token))


def test_strangers_cannot_hammer_an_issuer_that_has_no_keys(serve: Any) -> None:
    with scripted() as issuer, serve(issuer=running(issuer)) as site:
        token = issuer.token(KEY, site)
        started = time.monotonic()
        assert {status(site, token) for _ in range(20)} == {503}
        assert issuer.asked.count(KEYS) <= 2 + (time.monotonic() - started) / jwks.RETRY_INTERVAL


def test_a_hundred_unknown_key_ids_cause_one_fetch(serve: Any) -> None:
    with scripted() as issuer:
        issuer.publish(KEY)
        with serve(issuer=running(issuer)) as site:
            assert status(site, issuer.token(KEY, site)) == 200
            before = issuer.asked.count(KEYS)
            codes = {status(site, issuer.token(KEY, site, header={"kid": f"unknown-{n}"})) for n in range(100)}
            assert codes == {401}
            assert issuer.asked.count(KEYS) == before + 1


def test_a_new_key_is_found_at_its_first_token(serve: Any) -> None:
    with scripted() as issuer:
        issuer.publish(KEY)
        with serve(issuer=running(issuer)) as site:
            assert status(site, issuer.token(KEY, site)) == 200
            issuer.publish(KEY, OTHER)
            assert status(site, issuer.token(OTHER, site)) == 200
            assert status(site, issuer.token(KEY, site)) == 200


def test_a_forged_key_id_does_not_refuse_a_new_key(serve: Any) -> None:
    with scripted() as issuer, ThreadPoolExecutor() as threads:
        issuer.publish(KEY)
        with serve(issuer=running(issuer)) as site:
            assert status(site, issuer.token(KEY, site)) == 200
            issuer.publish(KEY, OTHER)
            asked, answer, document = threading.Event(), threading.Event(), issuer.answers[KEYS]

            def slow() -> Answer:
                asked.set()
                answer.wait(5)
                return document()

            issuer.answers[KEYS] = slow
            forged = threads.submit(status, site, issuer.token(KEY, site, header={"kid": "forged"}))
            assert asked.wait(5)
            new = threads.submit(status, site, issuer.token(OTHER, site))
            assert not wait([new], timeout=0.3).done, "decided before the keys arrived"
            answer.set()
            assert (forged.result(), new.result()) == (401, 200)
            assert issuer.asked.count(KEYS) == 2


def test_a_withdrawn_key_is_dropped_even_for_tokens_seen_before(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted() as issuer:
        issuer.publish(KEY, OTHER)
        with serve(issuer=running(issuer)) as site:
            token = issuer.token(KEY, site)
            assert status(site, token) == 200
            issuer.publish(OTHER)
            monkeypatch.setattr(jwks, "REFRESH_INTERVAL", 0.0)
            becomes(401, lambda: status(site, token))


def broken_entries() -> list[Any]:
    good = OTHER.jwk()
    weak = KeyPair.generate(bits=1024, key_id="weak").jwk()
    return [
        None,
        "text",
        5,
        [],
        {},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        {**good, "n": 5},
        {**good, "n": "!"},
        {**good, "n": "AQ", "e": "AQ"},
        {**good, "alg": "none"},
        {**good, "alg": "HS256"},
        {**good, "use": "enc", "kid": "enc"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "off curve"},
        {"kty": "EC", "crv": "unknown", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        weak,
    ]


def test_bad_and_weak_keys_are_ignored(serve: Any) -> None:
    weak = KeyPair.generate(bits=1024)
    with scripted() as issuer:
        issuer.publish(*broken_entries(), weak, KEY)
        with serve(issuer=running(issuer)) as site:
            assert status(site, issuer.token(KEY, site)) == 200
            assert status(site, issuer.token(weak, site)) == 401
            assert status(site, issuer.token(OTHER, site, header={"kid": "enc"})) == 401


BROKEN = [
    {"keys": None},
    {"keys": 5},
    {"keys": "text"},
    {"keys": {}},
    {},
    [],
    None,
    b"<html>",
    b"",
    b"\xff",
    b'{"keys": [NaN]}',
    b"[" * 100_000,
    b'{"keys": []' + b" " * 300_000 + b"}",
]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kit that asks an issuer again at once."""
    monkeypatch.setattr(jwks, "RETRY_INTERVAL", -1.0)
    monkeypatch.setattr(jwks, "UNKNOWN_KEY_INTERVAL", -1.0)


@pytest.mark.usefixtures("eager")
def test_a_broken_key_set_is_503_and_never_500(serve: Any) -> None:
    with scripted() as issuer, serve(issuer=running(issuer)) as site:
        token = issuer.token(KEY, site)
        assert status(site, token) == 503  # the fetch that began with the server is over
        for document in BROKEN:
            issuer.say(KEYS, document)
            before = issuer.asked.count(KEYS)
            assert status(site, token) == 503, document
            assert issuer.asked.count(KEYS) > before
        issuer.publish(KEY)
        assert status(site, token) == 200


@pytest.mark.usefixtures("eager")
def test_a_broken_key_set_later_leaves_the_known_keys(serve: Any) -> None:
    with scripted() as issuer:
        issuer.publish(KEY)
        with serve(issuer=running(issuer)) as site:
            assert status(site, issuer.token(KEY, site)) == 200
            for document in ({"keys": None}, b"[" * 100_000, {"keys": []}):
                issuer.say(KEYS, document)
                assert status(site, issuer.token(OTHER, site)) == 401
                assert status(site, issuer.token(KEY, site)) == 200


@pytest.mark.usefixtures("eager")
def test_metadata_is_believed_only_from_the_issuer_itself(serve: Any) -> None:
    with scripted() as issuer, scripted() as stranger:
        stranger.publish(KEY)
        elsewhere = {"issuer": issuer.url, "jwks_uri": f"{stranger.url}{KEYS}"}
        stranger.say(OAUTH, elsewhere)
        with serve(issuer=running(issuer)) as site:
            token = issuer.token(KEY, site)
            assert status(site, token) == 503  # the fetch that began with the server is over
            for say in (
                lambda: issuer.say(OAUTH, b"", 302, Location=f"{stranger.url}{OAUTH}"),
                lambda: issuer.say(OAUTH, {**elsewhere, "issuer": stranger.url}),
                lambda: issuer.say(OAUTH, {**elsewhere, "jwks_uri": "http://keys.example/jwks"}),
                lambda: issuer.say(OAUTH, {**elsewhere, "jwks_uri": "http://[::1/jwks"}),
                lambda: issuer.say(OAUTH, {**elsewhere, "jwks_uri": None}),
                lambda: issuer.say(OAUTH, {"issuer": issuer.url, "jwks_uri": f"{issuer.url}{KEYS}"}),
            ):
                say()
                before = len(issuer.asked)
                assert status(site, token) == 503
                assert len(issuer.asked) > before
            assert stranger.asked == []


def test_a_key_set_behind_a_redirect_is_not_followed(serve: Any) -> None:
    with scripted() as issuer, scripted() as stranger:
        stranger.publish(KEY)
        issuer.say(KEYS, b"", 302, Location=f"{stranger.url}{KEYS}")
        with serve(issuer=running(issuer)) as site:
            assert status(site, issuer.token(KEY, site)) == 503
        assert stranger.asked == []


def test_the_second_well_known_path_is_tried(serve: Any) -> None:
    with scripted() as issuer:
        issuer.publish(KEY)
        issuer.answers[OIDC] = issuer.answers[OAUTH]
        issuer.say(OAUTH, b"<!doctype html><title>Welcome</title>")
        with serve(issuer=running(issuer)) as site:
            assert status(site, issuer.token(KEY, site)) == 200


def test_keys_may_have_an_address_of_their_own(serve: Any) -> None:
    with scripted() as issuer:
        issuer.publish(KEY, path="/elsewhere")
        with serve(issuer=running(issuer), jwks_url=f"{issuer.url}/elsewhere") as site:
            assert status(site, issuer.token(KEY, site)) == 200
        assert set(issuer.asked) == {"/elsewhere"}


def test_the_address_in_a_token_is_never_asked(serve: Any) -> None:
    with scripted() as issuer, scripted() as stranger:
        issuer.publish(KEY)
        stranger.publish(OTHER)
        address = f"{stranger.url}{KEYS}"
        with serve(issuer=running(issuer)) as site:
            for header in ({"jku": address}, {"x5u": address}, {"jku": address, "kid": "new"}, {"jwk": OTHER.jwk()}):
                assert status(site, issuer.token(OTHER, site, header=header)) == 401
        assert stranger.asked == []


def test_an_issuer_that_trickles_is_given_up(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "FETCH_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with serve(issuer=RunningIssuer(url, KEY, "")) as site:
            started = time.monotonic()
            assert status(site, mint(KEY, issuer=url, audience=site.endpoint)) == 503
            assert time.monotonic() - started < 3
