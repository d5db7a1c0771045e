"""Settings of database passwords: one source for each role, files that are read again, masked values."""

from pathlib import Path

import pytest
from pydantic_settings import SettingsConfigDict

from servicekit.settings.database import ROLES, DatabaseSettings
from servicekit.settings.loading import load
from servicekit.storage.postgres.login.role_addresses import address_of
from servicekit.telemetry.configured_secrets import ConfiguredSecrets
from servicekit.telemetry.redaction import MASK, redact

URL = "postgresql://role@127.0.0.1:1/database"
WITH_PASSWORD = "postgresql://role:url-word@127.0.0.1:1/database"


class ShopSettings(DatabaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("READER_URL", "WRITER_URL", "REPLICA_URL", "OWNER_URL"):
        monkeypatch.setenv(f"SHOP_{name}", URL)
    monkeypatch.setenv("SHOP_PUBLIC_URL", "http://127.0.0.1:1/mcp")


def problem(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        load(ShopSettings)
    text = capsys.readouterr().err
    assert "url-word" not in text
    return text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "given",
    [
        {"URL": WITH_PASSWORD, "PASSWORD": "own-wrd"},
        {"URL": WITH_PASSWORD, "PASSWORD_COMMAND": "cat /run/token"},
        {"PASSWORD": "own-wrd", "PASSWORD_COMMAND": "cat /run/token"},
    ],
)
def test_two_passwords_of_a_role_are_refused(
    role: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"SHOP_{role.upper()}_{name}", value)
    text = problem(capsys)
    assert "remove one of two passwords" in text
    assert all(f"{role.upper()}_{name}" in text for name in given)
    assert "own-wrd" not in text


@pytest.mark.parametrize(("command", "words"), [("", "name a program"), ("cat 'open", "its quotation marks")])
def test_a_command_must_be_readable(
    command: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_WRITER_PASSWORD_COMMAND", command)
    assert f"SHOP_WRITER_PASSWORD_COMMAND: {words}" in problem(capsys)


def test_an_empty_password_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("\n")
    monkeypatch.setenv("SHOP_WRITER_PASSWORD_FILE", str(file))
    assert "SHOP_WRITER_PASSWORD: is empty" in problem(capsys)


def test_an_error_of_a_url_names_the_setting_and_the_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_REPLICA_URL", f"{URL}?sslmode=always")
    assert "SHOP_REPLICA_URL: sslmode must be disable or allow" in problem(capsys)


def test_passwords_of_database_urls_are_masked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP_READER_URL", "postgresql://role@127.0.0.1/database?password=query%20worded")
    monkeypatch.setenv("SHOP_WRITER_URL", "postgresql://role:odd[word#1@127.0.0.1,127.0.0.2/database")
    file = tmp_path / "password"
    file.write_text("filed-wording")
    monkeypatch.setenv("SHOP_OWNER_PASSWORD_FILE", str(file))
    load(ShopSettings)
    for secret in ("query worded", "odd[word#1", "filed-wording"):
        assert redact(f"connecting with {secret} failed") == f"connecting with {MASK} failed"


async def test_a_password_that_is_read_later_is_masked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("first-wording")
    monkeypatch.setenv("SHOP_WRITER_PASSWORD_FILE", str(file))
    address = address_of(load(ShopSettings), "writer")
    file.write_text("second-wording")
    with pytest.raises(OSError, match=r"refused|failed"):
        await address.connect(timeout=2)
    for secret in ("first-wording", "second-wording"):
        assert redact(f"it was {secret}!") == f"it was {MASK}!"


def test_few_earlier_values_of_a_rotated_secret_are_kept() -> None:
    secrets = ConfiguredSecrets()
    for number in range(100):
        assert secrets.rotate("token", f"value-number-{number:03}", 36)
    assert not secrets.rotate("token", "value-number-099", 36)
    assert [number for number in range(100) if secrets.found_in(f"value-number-{number:03}")] == [96, 97, 98, 99]
