"""The command line without a running stack: tokens, client configuration, error messages."""

import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest

from devkit.cli import app, run
from devkit.issuer.keys import KeyPair
from devkit.loopback.ports import free_port

Devkit = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """Exit code and output of a run."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def variables(workspace: Path, tmp_path: Path) -> dict[str, str]:
    """Environment variables for a separate workspace, state and ports."""
    return {
        "DEVKIT_WORKSPACE": str(workspace),
        "DEVKIT_STATE": str(tmp_path / "state"),
        "DEVKIT_POSTGRES_PORT": str(free_port()),
        "DEVKIT_VALKEY_PORT": str(free_port()),
    }


@pytest.fixture
def devkit(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Devkit:
    """Runs the command line in this process."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str, **more: str) -> Done:
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["devkit", *arguments])
        code = run(app)
        return Done(code, *capsys.readouterr())

    return call


def test_output_and_errors_go_to_separate_streams(variables: dict[str, str]) -> None:
    program = [sys.executable, "-m", "devkit", "token"]
    environment = {**os.environ, **variables}
    right, wrong = (
        subprocess.run([*program, name], env=environment, capture_output=True, text=True, check=False, timeout=60)
        for name in ("orders", "nothing")
    )
    assert (right.returncode, right.stderr, right.stdout.count("\n")) == (0, "", 1)
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)


def test_token_prints_only_a_token(devkit: Devkit, tmp_path: Path) -> None:
    done = devkit("token", "orders")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", done.stdout)
    key = KeyPair.load_or_create(tmp_path / "state" / "issuer" / "key.pem")
    claims = jwt.decode(
        done.stdout.strip(),
        key.private_key.public_key(),
        ["RS256"],
        audience="http://127.0.0.1:8101/mcp",
        issuer="http://127.0.0.1:8110",
    )
    assert (claims["sub"], claims["tenant"], claims["scope"]) == ("dev", "acme", "orders:read orders:write")
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(done.stdout.strip())["typ"] == "at+jwt"


def test_token_options_set_the_claims(devkit: Devkit) -> None:
    options = ("--scopes", "orders:read", "--subject", "ann", "--tenant", "globex", "--lifetime", "60")
    claims = jwt.decode(devkit("token", "orders", *options).stdout.strip(), options={"verify_signature": False})
    assert (claims["scope"], claims["sub"], claims["tenant"]) == ("orders:read", "ann", "globex")
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("token", "nothing"), "Service 'nothing' does not exist. Use one of: orders."),
        (("token", "orders", "--scopes", "orders:read,orders:write"), "in SCOPES does not exist"),
        (
            ("token", "orders", "--scopes", "weather:read"),
            "scopes of orders, separated by spaces: orders:read orders:write",
        ),
        (("token", "orders", "--scopes", " "), "SCOPES is empty"),
        (("token", "orders", "--subject", "two words"), "SUBJECT must have"),
        (("token", "orders", "--tenant", ""), "TENANT must have"),
        (("token", "orders", "--lifetime", "0"), "lifetime must be 1 to"),
        (("call", "nothing", "whoami"), "Service 'nothing' does not exist"),
        (("call", "orders", "orders_whoami", "{"), "ARGS is not valid JSON"),
        (("call", "orders", "orders_whoami", "[]"), "ARGS must be a JSON object"),
        (("connect", "--client", "emacs"), "Use one of claude-code, claude-desktop, cursor, vscode, chatgpt"),
        (("connect", "--client", "chatgpt", "--write"), "chatgpt has no configuration file"),
        (("stdio", "nothing"), "Service 'nothing' does not exist"),
        (("connect", "--service", "nothing"), "Service 'nothing' does not exist"),
        (("seed", "orders", "--size", "5"), "orders has no database"),
        (("issuer", "--host", "192.168.1.5"), "listen on loopback only"),
    ],
)
def test_invalid_arguments_are_reported_on_stderr(devkit: Devkit, arguments: tuple[str, ...], reason: str) -> None:
    done = devkit(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_call_without_a_stack_names_make_up(devkit: Devkit, workspace: Path) -> None:
    file = workspace / "services" / "orders" / "pyproject.toml"
    file.write_text(file.read_text().replace("8101", str(free_port())))
    done = devkit("call", "orders", "orders_whoami")
    assert (done.returncode, done.stdout) == (2, "")
    assert "make up" in done.stderr


def test_down_without_a_stack(devkit: Devkit) -> None:
    assert devkit("down").stdout == "No stack is running.\n"


def test_up_names_the_process_on_a_taken_port(devkit: Devkit) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = devkit("up", DEVKIT_POSTGRES_PORT=str(port))
    assert done.returncode == 2
    assert f"Port {port}, needed for Postgres, is already in use by process {os.getpid()}" in done.stderr
    assert "DEVKIT_POSTGRES_PORT" in done.stderr


def test_up_reports_a_missing_program(devkit: Devkit) -> None:
    done = devkit("up", DEVKIT_ISSUER_PORT=str(free_port()))
    assert done.returncode == 2
    assert re.search(r"Port \d+.*in use|orders-mcp does not exist", done.stderr)


def test_damaged_state_is_reported(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "secrets.json").write_text("{")
    done = devkit("up")
    assert done.returncode == 2
    assert "secrets.json is damaged" in done.stderr
    assert "Delete" in done.stderr


def test_unusable_state_directory_is_reported(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = devkit("token", "orders", DEVKIT_STATE=str(tmp_path / "file" / "state"))
    assert done.returncode == 2
    assert "DEVKIT_STATE" in done.stderr


def test_state_is_private(devkit: Devkit, tmp_path: Path) -> None:
    done = devkit("stdio", "orders")  # a workspace without installed programs
    assert (done.returncode, done.stdout) == (2, "")
    assert "orders-mcp cannot run" in done.stderr
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / "secrets.json").stat().st_mode) == 0o600
