"""`check` on files: TLS, policy, API keys, client certificates, the folder of the audit trail."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.servicekit.auth.certificate_authority import Authority, Issued, uri

from .checking import Checked, check
from .conftest import DESCRIPTIONS, WITH_AUDIT_FILE
from .domains import variables

NAME = WITH_AUDIT_FILE[0]
PREFIX = DESCRIPTIONS[NAME].prefix


async def checked(**settings: object) -> Checked:
    given = {"public_url": DESCRIPTIONS[NAME].resource, "issuer": "http://127.0.0.1:1", **settings}
    return await check(NAME, variables(DESCRIPTIONS[NAME], given))


def failures(found: Checked) -> set[str]:
    return {name for name in found.failed() if name.partition(".")[0] in ("files", "configuration")}


async def tls(issued: Issued, **settings: object) -> Checked:
    return await checked(tls_certificate=issued.certificate, tls_key=issued.key, **settings)


async def test_a_certificate_that_expires_soon_is_warned_of(tmp_path: Path) -> None:
    found = await tls(Authority(tmp_path, "authority").issue("server", uri("spiffe://x/y")))
    assert found.status("files.tls") == "warn"
    assert "Renew it" in found.said("files.tls")


async def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    issued = Authority(tmp_path, "authority").issue("server", uri("spiffe://x/y"), expired=True)
    found = await tls(issued)
    assert failures(found) == {"files.tls"}
    assert "A certificate expired on" in found.said("files.tls")


async def test_a_certificate_of_the_future_is_refused(tmp_path: Path) -> None:
    issued = Authority(tmp_path, "authority").issue("server", uri("spiffe://x/y"))
    with time_machine.travel(datetime.now(UTC) - timedelta(days=30), tick=True):
        found = await tls(issued)
    assert "Check the clock." in found.said("files.tls")


async def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    one, other = authority.issue("one", uri("spiffe://x/1")), authority.issue("other", uri("spiffe://x/2"))
    found = await tls(Issued(one.certificate, other.key))
    assert f"The key of {PREFIX}TLS_KEY does not belong to the first certificate" in found.said("files.tls")


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize("content", [b"", b"words", None])
async def test_unusable_tls_files_are_refused(tmp_path: Path, which: str, content: bytes | None) -> None:
    issued = Authority(tmp_path, "authority").issue("server", uri("spiffe://x/y"))
    file: Path = getattr(issued, which)
    spoil(file, content)
    found = await tls(issued)
    assert failures(found) == {"files.tls"}
    assert str(file) in found.said("files.tls")


def spoil(file: Path, content: bytes | None) -> None:
    """Replace a file, or remove it."""
    file.unlink() if content is None else file.write_bytes(content)


async def test_an_encrypted_key_is_refused(tmp_path: Path) -> None:
    issued = Authority(tmp_path, "authority").issue("server", uri("spiffe://x/y"))
    key = ec.generate_private_key(ec.SECP256R1())
    encrypted = BestAvailableEncryption(b"hidden-passphrase")
    issued.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encrypted))
    assert "is encrypted" in (await tls(issued)).said("files.tls")


@pytest.mark.parametrize("file", ["policy", "api_keys", "certificates"])
@pytest.mark.parametrize("content", ["---\nversion: 1\n", "words: [", None])
async def test_unusable_files_are_refused(tmp_path: Path, file: str, content: str | None) -> None:
    path = tmp_path / "file.yaml"
    if content is not None:
        path.write_text(content)
    found = await checked(**{f"{file}_file": path})
    assert failures(found) == {f"files.{file}"}
    assert found.status("configuration.composition") == "unknown"


async def test_a_server_without_a_way_to_sign_in_is_refused() -> None:
    found = await check(NAME, variables(DESCRIPTIONS[NAME], {"public_url": DESCRIPTIONS[NAME].resource}))
    assert failures(found) == {"configuration.composition"}
    assert "no auth method is enabled" in found.said("configuration.composition")


async def test_missing_keys_are_warned_of() -> None:
    found = await checked()
    assert f"{PREFIX}STATE_KEYS is not set" in found.said("configuration.state_keys")
    assert f"{PREFIX}AUDIT_ANCHOR_KEYS is not set" in found.said("configuration.anchor_keys")


async def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    found = await checked(audit_file=tmp_path / "missing" / "audit.jsonl")
    assert failures(found) == {"files.audit"}
    assert f"Create the folder of {PREFIX}AUDIT_FILE" in found.said("files.audit")


async def test_a_disk_that_is_too_small_is_warned_of(tmp_path: Path) -> None:
    found = await checked(audit_file=tmp_path / "audit.jsonl", audit_file_max_total=2**55)
    assert "A full disk stops all writes." in found.said("files.audit")


async def test_a_trail_without_a_store_is_warned_of(tmp_path: Path) -> None:
    found = await checked(audit_file=tmp_path / "audit.jsonl")
    assert f"{PREFIX}AUDIT_FILE is set and {PREFIX}REDIS_URL is not" in found.said("files.trail")


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_the_check_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    found = await checked(audit_file=tmp_path / "audit.jsonl")
    assert found.status("files.audit") == "ok"
    assert names_in(tmp_path) == []
