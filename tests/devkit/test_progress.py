"""What the first start says while it installs and prepares: each step, its duration, and a sign of life."""

import io
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE
from devkit.supervisor.output import Output
from devkit.supervisor.progress import QUIET, Progress

STEP = WORKSPACE / "packages" / "devkit" / "shell" / "step"


class Clock:
    """Seconds that the test sets; for `step` they come from `date` and `sleep` on its PATH.

    `sleep` waits until the test writes a line into a pipe, so a heartbeat comes exactly when the test wants one.
    """

    def __init__(self, folder: Path) -> None:
        self._pipe, self._now = folder / "pipe", folder / "now"
        os.mkfifo(self._pipe)
        self.set(1000)
        programs = folder / "bin"
        programs.mkdir()
        for name, text in (("date", f'cat "{self._now}"'), ("sleep", f'read -r line < "{self._pipe}"')):
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "TMPDIR": str(folder),
            "TERM": "xterm",
        }

    def set(self, seconds: int) -> None:
        self._now.write_text(f"{seconds}\n")

    def close(self) -> None:
        """End the pause that is left of a step."""
        with suppress(OSError):  # none is left
            os.close(os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK))

    def let_a_pause_end(self) -> None:
        with self._pipe.open("w") as pipe:
            pipe.write("\n")


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[Clock]:
    made = Clock(tmp_path)
    yield made
    made.close()


def step(clock: Clock, *command: str, errors: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["sh", str(STEP), "Installing it", "Connect to the internet.", *command],
        env=clock.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def pipes(folder: Path) -> tuple[Path, Path]:
    """Named pipes: a command writes a line into the first when it is ready, and waits for a line in the second."""
    for name in ("ready", "release"):
        os.mkfifo(folder / name)
    return folder / "ready", folder / "release"


def left_files(folder: Path) -> list[Path]:
    return list(folder.glob("step.*"))


def test_step_announces_itself_and_its_duration(clock: Clock, tmp_path: Path) -> None:
    with step(clock, "sh", "-c", f'echo quiet; echo 1007 > "{tmp_path}/now"') as process:
        out, errors = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")
        assert errors == "Installing it ...\nInstalling it: done in 7 s.\n"
        assert left_files(tmp_path) == []


def test_a_long_step_repeats_a_line_with_its_latest_output(clock: Clock, tmp_path: Path) -> None:
    ready, release = pipes(tmp_path)
    with step(clock, "sh", "-c", f'echo "  first"; echo > "{ready}"; read -r line < "{release}"') as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "Installing it ...\n"
        ready.read_text()
        for seconds in (4, 8):
            clock.set(1000 + seconds)
            clock.let_a_pause_end()
            assert process.stderr.readline() == f"Installing it: {seconds} s, first\n"
        release.write_text("\n")
        assert process.stderr.read() == "Installing it: done in 8 s.\n"
        assert process.wait(20) == 0


def test_a_failed_step_shows_all_its_output_and_the_remedy(clock: Clock, tmp_path: Path) -> None:
    with step(clock, "sh", "-c", "echo one; echo two >&2; exit 7") as process:
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 7
        assert errors.splitlines() == [
            "Installing it ...",
            "one",
            "two",
            "Installing it: failed after 0 s with exit status 7. Connect to the internet.",
        ]
        assert left_files(tmp_path) == []


def test_a_stopped_step_ends_its_command(clock: Clock, tmp_path: Path) -> None:
    ready, _ = pipes(tmp_path)
    with step(clock, "sh", "-c", f'echo $$ > "{ready}"; exec tail -f /dev/null') as process:
        assert process.stderr is not None
        child = int(ready.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143
        assert "stopped after 0 s" in process.stderr.read()
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_a_terminal_shows_one_line_that_is_rewritten(clock: Clock, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    ready, release = pipes(tmp_path)
    command = f'echo {"x" * 200}; echo > "{ready}"; read -r line < "{release}"'
    with step(clock, "sh", "-c", command, errors=theirs) as process, os.fdopen(ours, "rb", buffering=0) as terminal:
        os.close(theirs)
        ready.read_text()
        clock.let_a_pause_end()
        seen = b""
        while b"x" * 20 not in seen:
            seen += terminal.read(1000)
        release.write_text("\n")
        with suppress(OSError):  # a terminal without its other end
            while True:
                seen += terminal.read(1000)
        assert process.wait(20) == 0
        rewritten = seen.split(b"\r\x1b[K")
        assert max(map(len, rewritten)) <= 79
        assert rewritten[-1] == b"Installing it: done in 0 s.\r\n"


def test_running_steps_are_named_after_silence() -> None:
    now, stream = [100.0], io.StringIO()
    progress = Progress(Output(["orders"], stream), lambda: now[0])
    with progress.step("orders: migrating the schema"), progress.step("weather: starting", "weather is ready"):
        now[0] += QUIET - 0.1
        progress.tick()
        assert "Still" not in stream.getvalue()
        progress.line("orders", "Migrated.")
        now[0] += QUIET - 0.1
        progress.tick()
        assert "Still" not in stream.getvalue()
        now[0] += 0.1
        progress.tick()
        progress.tick()
    assert [line.partition("| ")[2] for line in stream.getvalue().splitlines()] == [
        "orders: migrating the schema ...",
        "Migrated.",
        "Still orders: migrating the schema (8 s), weather: starting (8 s).",
        "weather is ready after 7.9 s.",
        "orders: migrating the schema: done after 7.9 s.",
    ]
    now[0] += 100
    progress.tick()
    assert stream.getvalue().count("Still") == 1


def test_a_failed_step_has_no_end() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="broken"), Progress(Output([], stream)).step("orders: loading"):
        raise ValueError("broken")
    assert stream.getvalue() == "devkit | orders: loading ...\n"
