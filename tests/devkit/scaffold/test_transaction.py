"""Changes that fail half way, or are stopped, leave no trace."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.scaffold.transaction import Stopped, Transaction


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file and folder with content and mode."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes() if path.is_file() else b"", path.stat().st_mode)
        for path in folder.rglob("*")
    }


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Two files, one of which is a program."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_bytes(b"A page\r\nwith \xff\n")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "run").chmod(0o755)
    return tmp_path


def change_and(workspace: Path, last: Callable[[], None]) -> Transaction:
    """Write, overwrite and remove files, as a new server does, and then do something in the same transaction."""
    with Transaction(workspace) as change:
        change_everything(change, workspace)
        last()
    return change


def change_everything(change: Transaction, workspace: Path) -> None:
    change.write(workspace / "services" / "billing" / "src" / "app.py", "x = 1\n")
    (workspace / "services" / "billing" / "src" / "__pycache__").mkdir()
    (workspace / "services" / "billing" / "src" / "__pycache__" / "app.pyc").write_bytes(b"compiled")
    change.write(workspace / "run", "other\n")
    change.write(workspace / "run", "another\n")
    change.remove(workspace / "docs" / "page.md")
    change.remember(workspace / "uv.lock")
    (workspace / "uv.lock").write_text("written by a program\n")


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, Stopped])
def test_an_error_takes_everything_back(workspace: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    before = content(workspace)
    with pytest.raises(error):
        change_and(workspace, fail)
    assert content(workspace) == before


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_takes_everything_back(workspace: Path, name: signal.Signals) -> None:
    def wait_for_signal() -> None:
        os.kill(os.getpid(), name)
        signal.sigtimedwait([], 1)

    before, handler = content(workspace), signal.getsignal(name)
    with pytest.raises((Stopped, KeyboardInterrupt)):
        change_and(workspace, wait_for_signal)
    assert content(workspace) == before
    assert signal.getsignal(name) == handler


def test_what_succeeds_stays(workspace: Path) -> None:
    change = change_and(workspace, lambda: None)
    assert (workspace / "run").read_text() == "another\n"
    assert not (workspace / "docs").exists()
    assert [path.name for path in change.changed] == ["page.md", "run", "app.py", "uv.lock"]


def test_a_file_that_another_writes_meanwhile_stays(workspace: Path) -> None:
    def write_notes() -> None:
        (workspace / "notes.txt").write_text("work of the developer\n")
        raise OSError("half way")

    with pytest.raises(OSError, match="half way"):
        change_and(workspace, write_notes)
    assert (workspace / "notes.txt").read_text() == "work of the developer\n"
