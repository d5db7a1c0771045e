"""Who gets in over HTTP: good tokens do, every wrong one is answered 401 with a challenge that says what to do."""

import hmac
import json
import string
import time
from collections.abc import Callable
from typing import Any

import pytest

from devkit.issuer.keys import KeyPair, access_claims, mint, mint_unsigned, mint_with_public_key_as_secret, sign_claims
from servicekit.http import authentication
from tests.fixtures.counted import counting
from tests.servicekit.apps.general_app import READ, WRITE
from tests.servicekit.conftest import ACCEPT, Site, era_headers, post, request

LIST = request("tools/list")
Make = Callable[[Site], str]


def claims_for(site: Site, **changes: Any) -> dict[str, Any]:
    return {**access_claims(issuer=site.issuer.url, audience=site.endpoint, scopes=[READ]), **changes}


def signed(**changes: Any) -> Make:
    """A token with these claims laid over the right ones; None removes one."""
    return lambda site: site.token(READ, claims=changes)


def headed(**changes: Any) -> Make:
    """A token with these header fields laid over the right ones."""
    return lambda site: site.token(READ, header=changes)


def challenge(
    site: Site, error: str | None = None, description: str | None = None, scope: str = f"{READ} {WRITE}"
) -> str:
    parts = [f'error="{error}"', f'error_description="{description}"'] if error else []
    metadata = f"{site.base_url}/.well-known/oauth-protected-resource/mcp"
    return "Bearer " + ", ".join([*parts, f'scope="{scope}"', f'resource_metadata="{metadata}"'])


GOOD: dict[str, Make] = {
    "plain": signed(),
    "audience list that contains ours": lambda site: site.issuer.mint(["https://other.example", site.endpoint]),
    "type with its prefix": headed(typ="application/at+jwt"),
    "type in capitals": headed(typ="AT+JWT"),
    "no key id, and one key": headed(kid=None),
    "not before, a moment ago": signed(nbf=int(time.time()) - 1),
    "expired within the leeway": lambda site: site.token(READ, lifetime=-2),
    "scopes as a list": signed(scope=None, scp=[READ]),
    "no scope at all": signed(scope=None),
    "no tenant": signed(tenant=None),
    "names of one letter": signed(sub="a", tenant="b", client_id="c"),
    "the longest subject": signed(sub="a" * 255),
    "almost eight kibibytes": lambda site: site.token(READ, claims={"filler": "x" * 5600}),
    "a foreign address in the header, never followed": headed(jku="http://127.0.0.1:9/jwks", x5u="http://127.0.0.1:9/"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_token_gets_in(site: Site, name: str) -> None:
    assert site.post(LIST, GOOD[name](site)).status_code == 200


def with_foreign_key(site: Site) -> str:
    """Signed by a stranger, who offers the key to check it with."""
    key = KeyPair.generate(key_id=site.issuer.key.key_id)
    return sign_claims(key, claims_for(site), {"jwk": key.jwk()})


def with_other_algorithm(site: Site) -> str:
    key = KeyPair.generate("ES256", key_id=site.issuer.key.key_id)
    return mint(key, issuer=site.issuer.url, audience=site.endpoint)


def with_altered_payload(site: Site) -> str:
    head, _, signature = site.token(READ).split(".")
    payload = site.token(READ, WRITE, subject="root").split(".")[1]
    return f"{head}.{payload}.{signature}"


def respelled(token: str) -> str:
    """The token with another last letter, which stands for the same bytes: its lowest bits are not used."""
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return token[:-1] + letters[letters.index(token[-1]) ^ 1]


WRONG: dict[str, Make] = {
    "not a token": lambda _: "abc",
    "dots": lambda _: "..",
    "expired": lambda site: site.token(READ, lifetime=-60),
    "not yet good": signed(nbf=int(time.time()) + 80_000),
    "other audience": lambda site: site.issuer.mint("https://other.example/mcp"),
    "audience with our URL as its beginning": lambda site: site.issuer.mint(site.endpoint + "/x"),
    "empty audience list": lambda site: site.issuer.mint([]),
    "no audience": signed(aud=None),
    "audience that is no text": signed(aud={"x": 1}),
    "other issuer": signed(iss="https://other.example"),
    "issuer with a slash more": lambda site: site.token(READ, claims={"iss": site.issuer.url + "/"}),
    "no issuer": signed(iss=None),
    "no expiry": signed(exp=None),
    "expiry in words": signed(exp="tomorrow"),
    "expiry as text": signed(exp=str(int(time.time()) + 86400)),
    "expiry beyond any date": signed(exp=10**400),
    "expiry in milliseconds": signed(exp=int(time.time() * 1000) + 10**15),
    "infinite expiry": signed(exp=float("inf")),
    "no subject": signed(sub=None),
    "empty subject": signed(sub=""),
    "subject that is no text": signed(sub=5),
    "subject with a line break": signed(sub="a\nb"),
    "subject too long": signed(sub="a" * 256),
    "tenant that is no text": signed(tenant=["acme"]),
    "tenant with an invisible character": signed(tenant="ac\u200bme"),
    "scopes that are no text": signed(scope=5),
    "a list of scopes that are no text": signed(scope=None, scp=[1]),
    "grants that are no object": signed(grants=["shelves"]),
    "grants that are no lists": signed(grants={"shelves": "a"}),
    "ID token by type": headed(typ="JWT"),
    "no type": headed(typ=None),
    "type that is no text": headed(typ=5),
    "ID token by nonce": signed(nonce="n"),
    "ID token by at_hash": signed(at_hash="h"),
    "ID token by token_use": signed(token_use="ID"),
    "alg none": lambda site: mint_unsigned(claims_for(site)),
    "alg in other letters": headed(alg="rs256"),
    "alg that is no text": headed(alg=["RS256"]),
    "HS256 with the public key as secret": lambda site: mint_with_public_key_as_secret(
        site.issuer.key, claims_for(site)
    ),
    "key of another kind under a known id": with_other_algorithm,
    "key of a stranger, offered in the header": with_foreign_key,
    "payload of another token": with_altered_payload,
    "critical header": headed(crit=["exp"]),
    "empty critical header": headed(crit=[]),
    "critical header that the library knows": headed(crit=["b64"], b64=True),
    "detached payload": headed(b64=False),
    "key id that is no text": headed(kid=5),
    "key id unknown": headed(kid="MARKER"),
    "deeply nested header": lambda _: _encoded(b'{"a":' * 800) + ".e30.c2ln",
    "header that is a list": lambda _: _encoded(b"[]") + ".e30.c2ln",
    "nine kibibytes": lambda site: site.token(READ, claims={"filler": "x" * 9000}),
    "more than eight kibibytes": lambda site: site.token(READ, claims={"filler": "x" * 6000}),
    "another spelling of its signature": lambda site: respelled(site.token(READ)),
    "signature beyond ASCII": lambda site: site.token(READ) + "éé",
    "signature of a letter": lambda site: site.token(READ).rpartition(".")[0] + ".x",
    "padded signature": lambda site: site.token(READ) + "==",
    "letters beyond ASCII": lambda _: "tökén.ä.ö",
    "two words": lambda site: site.token(READ) + " x",
}


def _encoded(content: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(content).rstrip(b"=").decode()


def explanation_of(name: str) -> str:
    """The error that a client gets; most reasons would only help a forger of tokens."""
    if name.startswith("ID token by") and name != "ID token by type":
        return "The token is an ID token; send an access token"
    if name in ("other audience", "audience with our URL as its beginning", "audience that is no text"):
        return "The access token is for another server"
    return "The access token has expired" if name == "expired" else "The access token is not valid"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_token_is_turned_away(site: Site, name: str) -> None:
    authorization = f"Bearer {WRONG[name](site)}".encode("latin-1")
    headers = {b"Authorization": authorization, b"Accept": b"application/json, text/event-stream"}
    response = post(site.endpoint, json=LIST, headers=headers)
    assert response.status_code == 401
    explanation = explanation_of(name)
    assert response.headers.get_list("WWW-Authenticate") == [challenge(site, "invalid_token", explanation)]
    assert response.json() == {"error": "invalid_token", "error_description": explanation}
    assert response.headers["Cache-Control"] == "no-store"


def test_without_credentials_no_error_is_named(site: Site) -> None:
    response = post(site.endpoint, json=LIST, headers=ACCEPT)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == challenge(site)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["Basic YTpi"], None),  # RFC 6750 §3.1: another scheme is as no credential, and gets no error code
        (["Digest x"], None),
        ([""], None),
        (["Bearer"], "The access token is not valid"),
        (["Bearer {}", "Bearer {}"], "The request has several credentials; send one"),
        (["Bearer {}", ""], "The request has several credentials; send one"),
    ],
)
def test_a_header_that_is_not_one_bearer_token_is_401(site: Site, values: list[str], words: str | None) -> None:
    headers = [("Authorization", value.format(site.token(READ))) for value in values]
    response = post(site.endpoint, json=LIST, headers=headers)
    assert response.status_code == 401
    expected = challenge(site) if words is None else challenge(site, "invalid_token", words)
    assert response.headers["WWW-Authenticate"] == expected


def test_a_token_in_the_url_or_the_body_is_no_credential(site: Site) -> None:
    response = post(f"{site.endpoint}?access_token={site.token(READ)}", json=LIST)
    assert response.status_code == 401


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_step_up_names_the_scopes_to_ask_for(site: Site, era: str) -> None:
    """Clients of the handshake eras replace their token, so they need the granted scopes named too (SEP-2350)."""
    named = READ if era == "modern" else f"{READ} {WRITE}"
    asks = [
        ("tools/call", {"name": "get_book", "arguments": {"number": 1}}, "get_book"),
        ("resources/read", {"uri": "book://1"}, "book://1"),
        ("prompts/get", {"name": "recommend", "arguments": {"genre": "a"}}, "recommend"),
        (
            "completion/complete",
            {"ref": {"type": "ref/prompt", "name": "recommend"}, "argument": {"name": "genre", "value": ""}},
            None,
        ),
    ]
    for method, params, name in asks:
        response = site.post(request(method, params, era), site.token(WRITE), **era_headers(method, name, era))
        assert response.status_code == 403, method
        words = f"This needs the scope {READ}, which your credential does not carry. Sign in again and allow it."
        assert response.headers["WWW-Authenticate"] == challenge(site, "insufficient_scope", words, named)
        allowed = site.post(request(method, params, era), site.token(READ), **era_headers(method, name, era))
        assert allowed.status_code == 200, allowed.text


def test_a_rejection_is_logged_without_the_credential(site: Site, call_log: pytest.LogCaptureFixture) -> None:
    token = site.token(READ, lifetime=-60)
    response = site.post(LIST, token, **{"X-Request-ID": "request-00001"})
    assert response.headers["X-Request-ID"] == "request-00001"
    (line,) = [vars(record) for record in call_log.records if record.getMessage() == "credential rejected"]
    assert (line["reason"], line["request_id"], line["address"]) == ("expired", "request-00001", "127.0.0.1")
    assert token not in json.dumps(line, default=str)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("expired", "expired"),
        ("other audience", "wrong_audience"),
        ("other issuer", "wrong_issuer"),
        ("not yet good", "invalid"),
        ("ID token by nonce", "id_token"),
        ("alg none", "algorithm"),
        ("ID token by type", "token_type"),
        ("key id unknown", "unknown_key"),
        ("key id that is no text", "malformed"),
        ("another spelling of its signature", "malformed"),
        ("nine kibibytes", "too_large"),
    ],
)
def test_the_log_says_why_a_token_is_refused(
    site: Site, call_log: pytest.LogCaptureFixture, name: str, reason: str
) -> None:
    site.post(LIST, WRONG[name](site))
    (line,) = [vars(record) for record in call_log.records if record.getMessage() == "credential rejected"]
    assert line["reason"] == reason


def test_the_secret_of_hs256_is_what_the_attack_says(site: Site) -> None:
    """The attack itself is sound: a verifier that took the public key for a secret would let it in."""
    head, payload, signature = mint_with_public_key_as_secret(site.issuer.key, claims_for(site)).split(".")
    expected = hmac.digest(site.issuer.key.public_pem(), f"{head}.{payload}".encode(), "sha256")
    assert signature == _encoded(expected)


def test_refused_credentials_are_counted_by_reason(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = counting(monkeypatch, authentication, "credentials_refused")
    for token in (site.token(READ, lifetime=-60), site.token(READ, lifetime=-61), "abc"):
        site.post(LIST, token)
    site.post(LIST, site.token(READ))
    assert counts() == {(("reason", "expired"),): 2, (("reason", "malformed"),): 1}
