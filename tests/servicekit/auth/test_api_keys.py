"""API keys: hashed in a file, one client each, with an expiry, reloaded without a restart, and never disclosed."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from servicekit.auth.api_keys import ApiKeyVerifier, KeyEntry, KeyFile, new_key, parse_keys
from servicekit.auth.errors import InvalidCredential
from servicekit.settings.errors import InvalidContent
from tests.fixtures.api_keys import Keys
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.conftest import ACCEPT, Site, era_headers, get, message_in, post, request

LONGEST_WAIT = 5.0  # seconds; the file is looked at once a second
WHOAMI = request("tools/call", {"name": "books_whoami", "arguments": {}})


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """An empty key file."""
    return Keys(tmp_path / "keys.yaml", [READ])


@pytest.fixture
def keyed(keys: Keys, serve: Any) -> Iterator[Site]:
    """A server that takes tokens and keys."""
    with serve(api_keys_file=str(keys.path)) as site:
        yield site


def ask(site: Site, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return post(site.endpoint, json=WHOAMI, headers={**ACCEPT, **era_headers("tools/call"), **given})


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_key_is_a_caller_by_either_header_and_beside_tokens(keys: Keys, keyed: Site) -> None:
    key = keys.add()
    until(lambda: ask(keyed, X_API_Key=key).status_code == 200)
    for headers in ({"X_API_Key": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": f"bearer  {key}"}):
        identity = message_in(ask(keyed, **headers))["result"]["structuredContent"]
        assert (identity["subject"], identity["client_id"], identity["tenant"]) == ("batch", "stock-sync", "acme")
        assert (identity["auth_method"], identity["scopes"]) == ("api_key", [READ])
        assert identity["expires_at"] > "2026"
    assert ask(keyed, Authorization=f"Bearer {keyed.token(READ)}").status_code == 200


def test_a_key_without_the_scope_learns_its_name(keys: Keys, keyed: Site) -> None:
    key = keys.add()
    until(lambda: ask(keyed, X_API_Key=key).status_code == 200)
    message = request("tools/call", {"name": "add_book", "arguments": {"title": "x"}})
    response = post(keyed.endpoint, json=message, headers={**ACCEPT, **era_headers("tools/call"), "X-API-Key": key})
    assert response.status_code == 403
    assert 'scope="books:read books:write"' in response.headers["WWW-Authenticate"]


def test_an_invalid_key_is_refused_and_not_logged(keys: Keys, keyed: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    key, expired, other = keys.add(), keys.add(days=-1), new_key()[0]
    until(lambda: ask(keyed, X_API_Key=key).status_code == 200)
    wrong = [
        {"X_API_Key": key[:-1] + ("A" if key[-1] != "A" else "B")},
        {"X_API_Key": other},
        {"X_API_Key": expired},
        {"X_API_Key": key.upper()},
        {"X_API_Key": key + "x"},
        {"X_API_Key": key.removeprefix("fleet_")},
        {"X_API_Key": ""},
        {"X_API_Key": "x" * 9000},
        {"X_API_Key": keyed.token(READ)},
        {"Authorization": f"Basic {key}"},
        {"Authorization": key},
        {"Authorization": f"Bearer {key}", "X_API_Key": key},
        {"Authorization": f"Bearer {keyed.token(READ)}", "X_API_Key": key},
    ]
    for headers in wrong:
        response = ask(keyed, **headers)
        assert response.status_code == 401, headers
        is_bearer = not headers.get("Authorization", "Bearer").startswith(("Basic", "fleet_"))
        assert ('error="invalid_token"' in response.headers["WWW-Authenticate"]) is is_bearer
        assert not any(secret in response.text for secret in (key, expired, other))
    lines = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if "uvicorn" not in record.name
    )
    for secret in (key, expired, other):
        assert secret not in lines
        assert secret.split("_", 2)[2] not in lines
    reasons = [vars(record)["reason"] for record in caplog.records if record.getMessage() == "credential rejected"]
    assert {"api_key", "expired", "several"} == set(reasons)


def test_two_keys_in_one_request_are_refused(keys: Keys, keyed: Site) -> None:
    key = keys.add()
    until(lambda: ask(keyed, X_API_Key=key).status_code == 200)
    headers = [*ACCEPT.items(), ("X-API-Key", key), ("X-API-Key", key)]
    assert post(keyed.endpoint, json=WHOAMI, headers=headers).status_code == 401


def test_keys_rotate_without_a_restart(keys: Keys, keyed: Site) -> None:
    old = keys.add()
    until(lambda: ask(keyed, X_API_Key=old).status_code == 200)
    new = keys.add()
    until(lambda: ask(keyed, X_API_Key=new).status_code == 200)
    assert ask(keyed, X_API_Key=old).status_code == 200  # both, while clients change over
    keys.remove(old)
    until(lambda: ask(keyed, X_API_Key=old).status_code == 401)
    assert ask(keyed, X_API_Key=new).status_code == 200


def test_an_invalid_edit_changes_no_access(keys: Keys, keyed: Site) -> None:
    key = keys.add()
    until(lambda: ask(keyed, X_API_Key=key).status_code == 200)
    keys.add(expires="2026-13-45T00:00:00Z")
    keys.add(expires="2026-01-01")
    keys.path.write_text(keys.path.read_text().replace("'2026-13-45T00:00:00Z'", "2026-13-45T00:00:00Z"))
    time_of_edit = time.monotonic()
    until(lambda: time.monotonic() - time_of_edit > 1.5)  # longer than the interval between looks
    assert ask(keyed, X_API_Key=key).status_code == 200
    keys.path.write_text("keys: {}\n")
    until(lambda: ask(keyed, X_API_Key=key).status_code == 401)


def test_a_server_may_take_keys_alone(keys: Keys, serve: Any, issuer: Any) -> None:
    key = keys.add()
    with serve(api_keys_file=str(keys.path), issuer=issuer) as site:
        assert get(f"{site.base_url}/health").status_code == 200
        assert ask(site, X_API_Key=key).status_code == 200


def entry(**changes: Any) -> KeyEntry:
    good = {"sha256": "0" * 64, "client_id": "c", "subject": "s", "expires": datetime.now(UTC) + timedelta(days=1)}
    return KeyEntry(**{**good, **changes})


def test_a_hash_is_no_key() -> None:
    key, key_id, digest = new_key()
    verifier = ApiKeyVerifier(lambda: KeyFile(keys={key_id: entry(sha256=digest), "deadbeef": entry()}))
    assert verifier.verify(key).client_id == "c"
    for wrong in (digest, f"fleet_{key_id}_{digest[:43]}", f"fleet_deadbeef_{'A' * 43}", "", "fleet__", "é" * 60):
        with pytest.raises(InvalidCredential, match="api_key"):
            verifier.verify(wrong)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keys: [", "is not valid YAML"),
        ("keys: {short: {}}", "keys.short"),
        ("keys: {abcdefgh: {sha256: SECRET}}", "keys.abcdefgh.sha256"),
        ("keys: {abcdefgh: {key: SECRET}}", "keys.abcdefgh.key: Extra inputs are not permitted"),
        ("key: SECRET\n", "key: Extra inputs"),
        ("keys: {abcdefgh: {expires: 2026-02-31T00:00:00Z}}", "is not valid YAML"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_named_and_not_quoted(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        parse_keys(text)
    assert words in str(refusal.value)
    assert "SECRET" not in str(refusal.value)
    from servicekit.server.run import http_server

    path = tmp_path / "keys.yaml"
    path.write_text(text)
    with pytest.raises(InvalidContent):
        http_server(general_app(api_keys_file=str(path)))
