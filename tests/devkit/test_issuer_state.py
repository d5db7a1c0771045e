"""Keys, codes and refresh tokens over time and over restarts."""

import base64
import hashlib
import stat
from pathlib import Path

import jwt
import pytest

from devkit.errors import DevkitError
from devkit.issuer.client import Client
from devkit.issuer.errors import OAuthError
from devkit.issuer.grants import CODE_LIFETIME, REFRESH_LIFETIME, Grants
from devkit.issuer.keys import KeyPair, access_claims, mint, mint_unsigned, mint_with_public_key_as_secret
from devkit.issuer.store import Grant, Store

GRANT = Grant(
    client_id="c", subject="dev", tenant="acme", scopes=("orders:read",), resource="http://x/mcp", family="family"
)
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_code_expires_after_a_minute() -> None:
    clock = Clock()
    grants = Grants(Store(None), clock)
    codes = [grants.issue_code(GRANT, None, CHALLENGE) for _ in range(2)]
    clock.now += CODE_LIFETIME
    assert grants.redeem_code(codes[0], client_id="c", redirect_uri=None, verifier=VERIFIER) == GRANT
    clock.now += 1
    with pytest.raises(OAuthError, match="expired"):
        grants.redeem_code(codes[1], client_id="c", redirect_uri=None, verifier=VERIFIER)


def test_wrong_client_or_verifier_cannot_redeem_a_code() -> None:
    grants = Grants(Store(None))
    code = grants.issue_code(GRANT, None, CHALLENGE)
    with pytest.raises(OAuthError, match="no such code"):
        grants.redeem_code(code, client_id="other", redirect_uri=None, verifier=VERIFIER)
    with pytest.raises(OAuthError, match="code_verifier"):
        grants.redeem_code(code, client_id="c", redirect_uri=None, verifier="w" * 43)
    with pytest.raises(OAuthError, match="used before"):
        grants.redeem_code(code, client_id="c", redirect_uri=None, verifier=VERIFIER)


def test_refresh_tokens_expire_after_two_weeks() -> None:
    clock = Clock()
    grants = Grants(Store(None), clock)
    token = grants.issue_refresh_token(GRANT)
    clock.now += REFRESH_LIFETIME + 1
    with pytest.raises(OAuthError, match="expired"):
        grants.refresh_grant(token, client_id="c")


def test_state_survives_restart_without_readable_tokens(tmp_path: Path) -> None:
    path = tmp_path / "issuer" / "memory.json"
    store = Store(path)
    store.memory.clients["c"] = Client(client_id="c", redirect_uris=("http://127.0.0.1/cb",))
    token = Grants(store).issue_refresh_token(GRANT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token not in path.read_text()

    again = Store(path)
    assert again.memory.clients["c"].redirect_uris == ("http://127.0.0.1/cb",)
    assert Grants(again).refresh_grant(token, client_id="c") == GRANT


def test_damaged_store_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    path.write_text("{")
    with pytest.raises(DevkitError, match=r"memory\.json .* Delete it"):
        Store(path)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_signing_key_survives_restart(tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "issuer" / "key.pem"
    first = KeyPair.load_or_create(path, algorithm)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = mint(first, issuer="http://i", audience="http://a", scopes=["orders:read"])
    second = KeyPair.load_or_create(path)
    assert second.key_id == first.key_id
    public = jwt.PyJWK.from_dict(second.jwk())
    assert jwt.decode(token, public, [algorithm], audience="http://a", issuer="http://i")["scope"] == "orders:read"


def test_damaged_signing_key_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("nonsense")
    with pytest.raises(DevkitError, match="Delete it"):
        KeyPair.load_or_create(path)


def test_invalid_tokens_are_created_as_requested() -> None:
    key = KeyPair.generate()
    right = {"issuer": "http://i", "audience": "http://a"}
    public = key.private_key.public_key()

    expired = mint(key, **right, lifetime=-60)
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(expired, public, ["RS256"], audience="http://a")

    without_subject = mint(key, **right, claims={"sub": None})
    assert "sub" not in jwt.decode(without_subject, public, ["RS256"], audience="http://a")

    assert jwt.get_unverified_header(mint(key, **right, header={"typ": "JWT", "kid": None})) == {
        "alg": "RS256",
        "typ": "JWT",
    }

    claims = access_claims(**right)
    unsigned = mint_unsigned(claims)
    assert unsigned.endswith(".")
    assert jwt.get_unverified_header(unsigned)["alg"] == "none"

    confused = mint_with_public_key_as_secret(key, claims)
    header, payload, signature = confused.split(".")
    assert jwt.get_unverified_header(confused)["alg"] == "HS256"
    assert len(base64.urlsafe_b64decode(signature + "=")) == 32
    assert header
    assert payload
