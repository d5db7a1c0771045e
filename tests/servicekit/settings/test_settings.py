"""Settings: every problem at once, by the name of the variable to change, and never a value."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from servicekit.settings.loading import load
from servicekit.settings.service import ServiceSettings

SECRET = "SECRETsecretSECRETsecretSECRETsecret"
URL = "http://127.0.0.1:8000/mcp"


class LibrarySettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LIBRARY_")

    vault_url: SecretStr | None = None
    shelves: int = 3


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("LIBRARY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LIBRARY_PUBLIC_URL", URL)


def problems(capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        load(LibrarySettings)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "SECRET" not in err
    assert "Traceback" not in err
    head, *lines = err.splitlines()
    assert head == "Invalid settings:"
    return [line.strip() for line in lines]


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_STATE_KEYS", f"{SECRET}1, {SECRET}2")
    monkeypatch.setenv("LIBRARY_ALLOWED_HOSTS", "a.example:80 b.example")
    settings = load(LibrarySettings)
    assert [key.get_secret_value() for key in settings.state_keys] == [f"{SECRET}1", f"{SECRET}2"]
    assert settings.hosts == {"127.0.0.1:8000", "localhost:8000", "a.example:80", "b.example"}
    assert "SECRET" not in repr(settings) + str(settings) + str(settings.model_dump())


def test_every_problem_is_said_at_once_without_a_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfeSECRET")
    monkeypatch.delenv("LIBRARY_PUBLIC_URL")
    for name, value in {
        "PORT": SECRET,
        "ISSUER": f"ftp://{SECRET}",
        "STATE_KEYS": "SECRET",
        "LOG_FORMAT": SECRET,
        "SHELVES": SECRET,
        "TOKEN_ALGORITHMS": f"HS256 {SECRET}",
        "VAULT_URL_FILE": str(tmp_path / "absent"),
        "TENANT_CLAIM_FILE": str(binary),
    }.items():
        monkeypatch.setenv(f"LIBRARY_{name}", value)
    said = problems(capsys)
    for name in ("PORT", "ISSUER", "STATE_KEYS", "LOG_FORMAT", "SHELVES", "TOKEN_ALGORITHMS", "PUBLIC_URL"):
        assert any(line.startswith(f"LIBRARY_{name}: ") for line in said), name
    assert "LIBRARY_VAULT_URL_FILE: cannot read the file it names (No such file or directory)." in said
    assert "LIBRARY_TENANT_CLAIM_FILE: cannot read the file it names (not UTF-8 text)." in said
    assert any(line.startswith("LIBRARY_PUBLIC_URL: is required. URL of the MCP endpoint") for line in said)


def test_the_environment_wins_over_a_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{SECRET}\n")
    (tmp_path / "issuer").write_text("https://file.example\n")
    monkeypatch.setenv("LIBRARY_STATE_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("LIBRARY_ISSUER_FILE", str(tmp_path / "issuer"))
    settings = load(LibrarySettings)
    assert (settings.state_keys[0].get_secret_value(), settings.issuer) == (SECRET, "https://file.example")
    monkeypatch.setenv("LIBRARY_ISSUER", "https://environment.example")
    assert load(LibrarySettings).issuer == "https://environment.example"


def test_a_byte_order_mark_is_no_part_of_a_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "issuer").write_text("\ufeffhttps://file.example\r\n", encoding="utf-8")
    monkeypatch.setenv("LIBRARY_ISSUER_FILE", str(tmp_path / "issuer"))
    assert load(LibrarySettings).issuer == "https://file.example"


def test_a_directory_is_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("LIBRARY_STATE_KEYS_FILE", str(tmp_path))
    assert problems(capsys) == ["LIBRARY_STATE_KEYS_FILE: cannot read the file it names (Is a directory)."]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUBLIC_URL", "https://host/", "write it as https://host/mcp"),
        ("PUBLIC_URL", "host/mcp", "write it as"),
        ("PUBLIC_URL", "ftp://host/mcp", "write it as"),
        ("PUBLIC_URL", "https:///mcp", "write it as"),
        ("PUBLIC_URL", "https://host/mcp?a=b", "write it as"),
        ("PUBLIC_URL", "https://host/mcp#a", "write it as"),
        ("PUBLIC_URL", "https://user:SECRET@host/mcp", "write it as"),
        ("ISSUER", "http://issuer.example", "use an https:// URL"),
        ("ISSUER", "", "use an https:// URL"),
        ("JWKS_URL", "http://issuer.example/jwks", "use an https:// URL"),
        ("JWKS_URL", "file:///etc/passwd", "use an https:// URL"),
        ("STATE_KEYS", "short", "32 characters or more"),
        ("STATE_KEYS", f"{SECRET} short", "32 characters or more"),
        ("TOKEN_ALGORITHMS", "none", "choose from RS256"),
        ("TOKEN_ALGORITHMS", "RS256,HS256", "choose from RS256"),
        ("TOKEN_ALGORITHMS", "", "choose from RS256"),
        ("TOKEN_LEEWAY", "61", "less than or equal to 60"),
        ("PORT", "0", "greater than or equal to 1"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("MAX_BODY_BYTES", "10", "greater than or equal to 1024"),
        ("BODY_TIMEOUT", "0", "greater than 0"),
        ("CALL_TIMEOUT", "-1", "greater than 0"),
        ("TRACE_SAMPLE_RATIO", "2", "less than or equal to 1"),
        ("READ_ONLY", "perhaps", "boolean"),
        ("LOG_LEVEL", "loud", "'debug', 'info'"),
        ("HOST", "192.0.2.1", "STATE_KEYS is required"),
    ],
)
def test_each_rule(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"LIBRARY_{name}", value)
    (line,) = problems(capsys)
    assert line.startswith(("LIBRARY_" + name, "LIBRARY_*"))
    assert words in line


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://localhost:8110"},
        {"issuer": "http://[::1]:8110"},
        {"host": "192.0.2.1", "state_keys": SECRET},
        {"token_algorithms": "ES256"},
    ],
)
def test_what_is_allowed(changes: dict[str, Any]) -> None:
    LibrarySettings(**changes)


def test_a_server_for_others_answers_to_its_public_host_alone() -> None:
    settings = LibrarySettings(host="192.0.2.1", state_keys=SECRET, public_url="https://books.example/mcp")
    assert settings.hosts == {"books.example"}
