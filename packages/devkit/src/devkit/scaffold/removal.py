"""Removes a server and everything that the workspace has of it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from devkit.errors import DevkitError
from devkit.scaffold.changelog import without_section
from devkit.scaffold.evaluation import without_requests
from devkit.scaffold.records import changed_since, forget, lock_before, recorded
from devkit.scaffold.tools import install, lock, write_generated
from devkit.scaffold.transaction import Transaction
from devkit.settings import DevkitSettings
from devkit.workspace.services import find
from devkit.workspace.state_directory import StateDirectory

Say = Callable[[str], None]


def remove(settings: DevkitSettings, name: str, say: Say = lambda _: None, *, force: bool = False) -> None:
    """Remove a server: its code, tests, charts, configurations, lines in shared files, and its place in uv.lock.

    Its database and audit file in the state directory stay.

    Args:
        say: takes a line for each step.
        force: also a server that is committed, or whose files were changed since it was made.

    Raises:
        DevkitError: there is no such server, it is worth keeping, or a step failed. Every file is as it was.
    """
    workspace = settings.workspace
    find(workspace, name)
    if not force:
        _require_unchanged(settings, name)
    try:
        with Transaction(workspace) as change:
            for path in list(_own_files(workspace, name)):
                change.remove(path)
            file = workspace / "CHANGELOG.md"
            change.write(file, without_section(file.read_text(encoding="utf-8"), name))
            without_requests(change, workspace, name)
            before = lock_before(settings, name)
            if before is None:
                lock(change, workspace)
            else:
                change.write(workspace / "uv.lock", before)
            install(workspace)
            write_generated(change, workspace)
            _prune(workspace, name)
    except BaseException:
        say(f"{name} was not removed. Every file is as it was.")
        install(workspace)
        raise
    forget(settings, name)
    say(f"Removed {name}: {len(change.changed)} files are gone or changed.")
    if kept := list(_kept(settings, name)):
        say(f"Its data stays in {settings.state_directory}: {', '.join(kept)}.")


def _require_unchanged(settings: DevkitSettings, name: str) -> None:
    """Raise `DevkitError` if the server is committed, or not as it was made."""
    again = f"To remove it all the same: make remove NAME={name} FORCE=yes"
    if _is_committed(settings.workspace, name):
        raise DevkitError(
            f"services/{name} is committed, so other work may depend on it. `git revert` takes a commit back. {again}"
        )
    if recorded(settings, name) is None:
        raise DevkitError(f"{name} was not made by `make new` in this checkout, so its files may be work. {again}")
    if changed := changed_since(settings, name, _folders(settings.workspace, name)):
        raise DevkitError(
            f"{name} was changed since `make new`; this work would be lost:\n  " + "\n  ".join(changed) + f"\n{again}"
        )


def _is_committed(workspace: Path, name: str) -> bool:
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD", f"services/{name}"],
        cwd=workspace,
        capture_output=True,
        text=True,
        check=False,
    )
    return bool(listed.stdout.strip())


def _folders(workspace: Path, name: str) -> list[Path]:
    return [workspace / "services" / name, workspace / "tests" / "services" / name]


def _own_files(workspace: Path, name: str) -> Iterator[Path]:
    """Every file that belongs to the server alone. Compiled code is not listed."""
    folders = [*_folders(workspace, name), workspace / "helm" / name, *workspace.glob(f"deploy/*/{name}")]
    for folder in folders:
        yield from (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    yield from workspace.glob(f"deploy/*/{name}.*")
    yield from workspace.glob(f"deploy/*/{name}-migrate.*")
    yield from workspace.glob(f"tests/contract/snapshots/{name}.json")


def _prune(workspace: Path, name: str) -> None:
    """Remove compiled code and the folders that are empty then."""
    for folder in (*_folders(workspace, name), workspace / "helm" / name):
        shutil.rmtree(folder, ignore_errors=True)


def _kept(settings: DevkitSettings, name: str) -> Iterator[str]:
    state = StateDirectory(settings.state_directory)
    if state.prepared(name).exists():
        yield f"the database {name}"
    if state.audit_file(name).exists():
        yield f"the audit file {state.audit_file(name).name}"
