"""The files of API keys and certificates: what their edits announce, and that no error quotes a value."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from servicekit.auth.api_keys import KeyEntry, KeyFile, new_key
from servicekit.auth.authenticator import Authenticator
from servicekit.auth.errors import InvalidCredential
from servicekit.auth.mtls import CertificateFile, CertificateHolder
from servicekit.core.caller import Caller
from tests.servicekit.apps.general_app import app_settings

KEY, KEY_ID, HASH = new_key()
ENTRY = {
    "sha256": HASH,
    "client_id": "stock-sync",
    "subject": "batch",
    "expires": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}
HOLDER = {"client_id": "worker", "subject": "nightly"}
NAME = "spiffe://example.test/worker"


def replaced(path: Path, content: Any) -> None:
    path.with_suffix(".new").write_text(yaml.safe_dump(content))
    path.with_suffix(".new").rename(path)


@pytest.mark.parametrize("method", ["api_key", "mtls"])
async def test_an_edit_announces_who_is_left(tmp_path: Path, method: str) -> None:
    keys, certificates = tmp_path / "keys.yaml", tmp_path / "certificates.yaml"
    replaced(keys, {"keys": {KEY_ID: ENTRY, "0123456789ab": {**ENTRY, "subject": "other"}}})
    replaced(certificates, {"certificates": {NAME: HOLDER, "other.test": {**HOLDER, "subject": "other"}}})
    authenticator = Authenticator.from_settings(
        app_settings(issuer=None, api_keys_file=str(keys), certificates_file=str(certificates))
    )
    holders = {
        "api_key": [KeyEntry.model_validate({**ENTRY, "subject": subject}).caller for subject in ("batch", "other")],
        "mtls": [CertificateHolder(client_id="worker", subject=subject).caller for subject in ("nightly", "other")],
    }
    heard: list[tuple[str, list[bool]]] = []
    edited = anyio.Event()

    def observe(auth_method: str, has: Callable[[Caller], bool]) -> None:
        heard.append((auth_method, [has(holder) for holder in holders[auth_method]]))
        edited.set()

    authenticator.on_change(observe)
    async with authenticator.running():
        if method == "api_key":
            replaced(keys, {"keys": {KEY_ID: ENTRY}})
        else:
            replaced(certificates, {"certificates": {NAME: HOLDER}})
        with anyio.fail_after(5):
            await edited.wait()
    assert heard == [(method, [True, False])]


async def test_a_credential_of_a_method_that_is_off_is_refused(tmp_path: Path) -> None:
    replaced(tmp_path / "keys.yaml", {"keys": {KEY_ID: ENTRY}})
    keys_only = Authenticator.from_settings(app_settings(issuer=None, api_keys_file=str(tmp_path / "keys.yaml")))
    tokens_only = Authenticator.from_settings(app_settings(issuer="http://127.0.0.1:9"))
    asked = [
        (keys_only, b"authorization", b"Bearer a.b.c"),
        (keys_only, b"authorization", b"Bearer "),
        (tokens_only, b"x-api-key", KEY.encode()),
    ]
    for authenticator, name, value in asked:
        with pytest.raises(InvalidCredential) as refused:
            await authenticator.authenticate({"headers": [(name, value)]})
        assert refused.value.reason == "auth_method_disabled"
    found = await keys_only.authenticate({"headers": [(b"x-api-key", KEY.encode())]})
    assert found is not None
    assert found.subject == "batch"


async def test_without_a_credential_there_is_no_caller(tmp_path: Path) -> None:
    replaced(tmp_path / "keys.yaml", {"keys": {KEY_ID: ENTRY}})
    authenticator = Authenticator.from_settings(app_settings(issuer=None, api_keys_file=str(tmp_path / "keys.yaml")))
    for headers in ([], [(b"accept", b"*/*")], [(b"authorization", b"Basic YTpi")]):
        assert await authenticator.authenticate({"headers": headers}) is None


def test_a_server_without_an_auth_method_does_not_start() -> None:
    with pytest.raises(ValueError, match="no auth method is enabled"):
        Authenticator.from_settings(app_settings(issuer=None))


@pytest.mark.parametrize(
    ("model", "content"),
    [
        (KeyEntry, {**ENTRY, "sha256": "MARKER"}),
        (KeyFile, {"keys": {KEY_ID: {**ENTRY, "sha256": "MARKER"}}}),
        (CertificateHolder, {**HOLDER, "client_id": ["MARKER"]}),
        (CertificateFile, {"certificates": {NAME: {**HOLDER, "client_id": ["MARKER"]}}}),
    ],
)
def test_an_error_quotes_no_value(model: type[BaseModel], content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(content)
    assert "MARKER" not in str(refused.value)


@pytest.mark.parametrize(
    ("model", "content", "field"),
    [
        (KeyEntry, ENTRY, "subject"),
        (KeyFile, {"keys": {KEY_ID: ENTRY}}, "keys"),
        (CertificateHolder, HOLDER, "subject"),
        (CertificateFile, {"certificates": {NAME: HOLDER}}, "certificates"),
    ],
)
def test_an_entry_cannot_be_changed_in_memory(model: type[BaseModel], content: dict[str, Any], field: str) -> None:
    entry = model.model_validate(content)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(entry, field, "other")
    with pytest.raises(ValidationError, match="extra_forbidden"):
        model.model_validate({**content, "extra": 1})


def test_a_key_expires_at_its_time() -> None:
    entry = KeyEntry.model_validate(ENTRY)
    assert entry.caller.expires_at == entry.expires.timestamp() > time.time()
