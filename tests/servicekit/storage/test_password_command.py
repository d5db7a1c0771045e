"""Passwords from an operator's command: run without a shell, replaced before they expire, never logged."""

import asyncio
import base64
import json
import logging
import os
import shlex
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from devkit.stores.testing import PostgresServer
from servicekit.settings.database_url import read_database_url
from servicekit.storage.postgres.login.address import DatabaseAddress
from servicekit.storage.postgres.login.failures import CannotConnect
from servicekit.storage.postgres.login.password_command import PasswordCommand, _lifetime
from servicekit.telemetry.redaction import MASK, redact
from tests.fixtures.databases import connected


def jwt(lifetime: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + lifetime}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{claims}.{uuid4().hex}"


def rds_token(made: datetime, lifetime: int) -> str:
    query = f"Action=connect&X-Amz-Date={made:%Y%m%dT%H%M%SZ}&X-Amz-Expires={lifetime}&X-Amz-Signature={uuid4().hex}"
    return f"db.example.com:5432/?{query}"


class Script:
    """A program that prints what a file holds and counts its runs."""

    def __init__(self, folder: Path, before: str = "") -> None:
        self.output, self.runs = folder / "output", folder / "runs"
        program = folder / "program.py"
        program.write_text(
            f"import sys, time, pathlib\n{before}\n"
            f"with open({str(self.runs)!r}, 'a') as runs: runs.write('.')\n"
            f"print(pathlib.Path({str(self.output)!r}).read_text())\n"
        )
        self.command = shlex.join([sys.executable, "-S", str(program)])

    def count(self) -> int:
        return len(self.runs.read_text()) if self.runs.exists() else 0


def runs(process_id: int) -> bool:
    """Whether a process runs; a zombie, which a container may not collect, does not."""
    state = Path(f"/proc/{process_id}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


async def prints(command: PasswordCommand, password: str) -> None:
    """Wait for a password."""
    async with asyncio.timeout(10):
        while await command.password() != password:  # noqa: ASYNC110  # what a command prints is no event
            await asyncio.sleep(0.01)


async def test_waiting_calls_share_one_run(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.output.write_text("shown-word")
    command = PasswordCommand("X", script.command)
    assert await asyncio.gather(*(command.password() for _ in range(20))) == ["shown-word"] * 20
    assert await command.password() == "shown-word"
    assert script.count() == 1
    command.close()


async def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    command = PasswordCommand("X", f"echo '$HOME;' > {tmp_path}/made | cat")
    assert await command.password() == f"$HOME; > {tmp_path}/made | cat"
    assert os.listdir(tmp_path) == []  # noqa: PTH208
    command.close()


async def test_an_output_is_replaced_in_the_background(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.output.write_text("first-word")
    command = PasswordCommand("X", script.command, interval=0.2)
    assert await command.password() == "first-word"
    script.output.write_text("second-word")
    await prints(command, "second-word")
    command.close()


async def test_a_call_does_not_wait_while_the_last_output_holds(tmp_path: Path) -> None:
    script = Script(tmp_path, before="time.sleep(0.3)")
    script.output.write_text(jwt(1000))
    command = PasswordCommand("X", script.command, interval=0.1)
    first = await command.password()
    loop = asyncio.get_running_loop()
    slowest = 0.0
    for _ in range(30):
        began = loop.time()
        assert await command.password() == first
        slowest = max(slowest, loop.time() - began)
        await asyncio.sleep(0.02)
    assert slowest < 0.2
    command.close()


async def test_a_refused_output_runs_the_command_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.storage.postgres.login.password_command._RETRY", 0.0)
    script = Script(tmp_path)
    script.output.write_text("first-word")
    command = PasswordCommand("X", script.command)
    assert await command.password() == "first-word"
    script.output.write_text("second-word")
    command.refused("other")
    assert await command.password() == "first-word"
    command.refused("first-word")
    assert await command.password() == "second-word"
    command.close()


def test_the_lifetime_of_tokens_is_read() -> None:
    assert _lifetime("plain-word") is None
    assert _lifetime("a.b.c") is None
    assert 890 < (_lifetime(jwt(900)) or 0) <= 900
    assert _lifetime(jwt(-5)) == 0
    made = datetime.now(UTC) - timedelta(seconds=100)
    assert 790 < (_lifetime(rds_token(made, 900)) or 0) <= 800


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/not/there", "it cannot be started: No such file or directory"),
        ("false", "exit status 1"),
        ("true", "it must print the password, as one line"),
        ("printf 'two\\nlines'", "as one line"),
        ("sleep 30", "no output within 0.3 s"),
        ("sh -c 'sleep 30 & sleep 30'", "no output within 0.3 s"),
    ],
)
async def test_a_failure_is_said_with_the_setting(command: str, words: str) -> None:
    failing = PasswordCommand("ORDERS_WRITER_PASSWORD_COMMAND", command, timeout=0.3)
    began = time.monotonic()
    with pytest.raises(CannotConnect) as failed:
        await failing.password()
    assert "the command of ORDERS_WRITER_PASSWORD_COMMAND failed" in str(failed.value)
    assert words in str(failed.value)
    assert time.monotonic() - began < 5
    failing.close()


async def test_a_killed_command_leaves_no_process(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    failing = PasswordCommand("X", f"sh -c 'sleep 60 & echo $! > {mark}; wait'", timeout=1)
    with pytest.raises(CannotConnect, match="no output"):
        await failing.password()
    assert not runs(int(mark.read_text()))
    failing.close()


async def test_secrets_of_a_command_are_masked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    script = Script(tmp_path)
    tokens = [f"printed-{uuid4().hex}" for _ in range(3)]
    command = PasswordCommand("X", script.command, interval=0.05)
    for token in tokens:
        script.output.write_text(token)
        await prints(command, token)
    assert [redact(f"a {token} b") for token in tokens] == [f"a {MASK} b"] * 3
    command.close()
    failing = PasswordCommand(
        "X", "sh -c 'echo half-a-token; echo no rights for half-a-token password=hidden-word >&2; exit 3'"
    )
    with caplog.at_level(logging.WARNING), pytest.raises(CannotConnect):
        await failing.password()
    (line,) = (record for record in caplog.records if record.message == "password command failed")
    reason = line.__dict__["reason"]
    assert reason.startswith("exit status 3: no rights for ")
    assert not any(word in reason for word in ("half-a-token", "hidden-word"))
    failing.close()


async def test_a_role_logs_in_with_a_command(postgres: PostgresServer, tmp_path: Path) -> None:
    role = f"iam_{uuid4().hex[:8]}"
    script = Script(tmp_path)
    script.output.write_text("token-one")
    place = urlsplit(postgres.admin_url).netloc.rpartition("@")[2]
    address = DatabaseAddress(
        read_database_url(f"postgresql://{role}@{place}/postgres", {}), command=PasswordCommand("X", script.command)
    )
    async with connected(f"{postgres.admin_url}/postgres") as admin:
        await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'token-one'")
        try:
            connection = await address.connect(timeout=10)
            assert await connection.fetchval("SELECT current_user::text") == role
            await connection.close()
        finally:
            await admin.execute(f"DROP ROLE {role}")
    address.close()
