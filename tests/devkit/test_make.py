"""The Makefile lists its targets and reports missing requirements."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE

MAKEFILE = WORKSPACE / "Makefile"


SHELL = WORKSPACE / "packages" / "devkit" / "shell"


def folder_with_scripts(folder: Path) -> Path:
    """A folder that finds the scripts of the Makefile where a checkout has them."""
    (folder / "packages" / "devkit").mkdir(parents=True)
    (folder / "packages" / "devkit" / "shell").symlink_to(SHELL)
    for name in ("pyproject.toml", "uv.lock"):
        (folder / name).touch()
    return folder


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
    return subprocess.run(
        ["make", "-f", str(MAKEFILE), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_make_lists_every_target() -> None:
    done = make(WORKSPACE)
    assert (done.returncode, done.stderr) == (0, "")
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE.read_text(), re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^  {target} +\S", done.stdout, re.MULTILINE), f"{target} has no description"
    wanted = ("up", "down", "token", "call", "connect", "test", "check", "seed", "lock")
    assert set(wanted) <= set(phony[1].split())


@pytest.mark.parametrize(
    ("version", "message"), [(None, "python3 is"), ("Python 3.9.2", "python3 is Python 3.9.2")], ids=["missing", "old"]
)
def test_missing_python_is_reported(tmp_path: Path, version: str | None, message: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "make", "echo", "env", "rm", "dirname"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    if version is not None:
        # Prints its version and fails otherwise, like an old Python at the check.
        program(tools / "python3", f'[ "$1" = --version ] && echo {version} && exit 0\nexit 1')
    done = make(folder_with_scripts(tmp_path), "up", PATH=str(tools))
    assert done.returncode == 2
    assert "Python 3.11 or newer with venv is needed" in done.stderr
    assert message in done.stderr
    assert "apt install" in done.stderr
    assert not (tmp_path / ".tools").exists()


def test_make_passes_arguments_unchanged(tmp_path: Path) -> None:
    devkit = 'for argument in "$@"; do printf "[%s]\\n" "$argument"; done'
    program(folder_with_scripts(tmp_path) / ".venv" / "bin" / "devkit", devkit)
    program(tmp_path / ".tools" / "uv" / "bin" / "uv", "exit 1")
    (tmp_path / ".venv" / ".up").touch()

    query = """{"query":"it's; echo `date` \\"paid\\""}"""
    done = make(tmp_path, "call", "TOOL=search_orders", f"ARGS={query}", "SUBJECT=ann")
    assert done.stdout.splitlines() == ["[call]", "[orders]", "[search_orders]", f"[{query}]", "[--subject]", "[ann]"]
    assert make(tmp_path, "connect").stdout.splitlines() == ["[connect]"]
    chosen = make(tmp_path, "connect", "SERVICE=orders", "CLIENT=cursor").stdout.splitlines()
    assert chosen == ["[connect]", "[--client]", "[cursor]", "[--service]", "[orders]"]
    assert make(tmp_path, "audit").stdout.splitlines() == ["[audit]", "[orders]"]
    audited = make(tmp_path, "audit", "SERVICE=github", "ARGS=verify --anchors up.log").stdout.splitlines()
    assert audited == ["[audit]", "[github]", "[verify]", "[--anchors]", "[up.log]"]
    assert make(tmp_path, "preflight").stdout.splitlines() == ["[preflight]", "[orders]"]
    checked = make(tmp_path, "preflight", "ARGS=--pods 200").stdout.splitlines()
    assert checked == ["[preflight]", "[orders]", "[--pods]", "[200]"]
    scoped = make(tmp_path, "token", "SCOPES=orders:read orders:write").stdout.splitlines()
    assert scoped == ["[token]", "[orders]", "[--scopes]", "[orders:read orders:write]"]
    for arguments, service, size in (
        (["ORDERS=7"], "orders", "7"),
        (["TICKETS=8"], "ticketing", "8"),
        (["SERVICE=ticketing", "N=9"], "ticketing", "9"),
        ([], "orders", "5000"),
    ):
        seeded = make(tmp_path, "seed", *arguments).stdout.splitlines()
        assert seeded == ["[seed]", f"[{service}]", "[--size]", f"[{size}]"]


def test_only_typed_variables_make_a_server(tmp_path: Path) -> None:
    program(folder_with_scripts(tmp_path) / ".venv" / "bin" / "devkit", 'printf "[%s]" "$@"')
    program(tmp_path / ".venv" / "bin" / "pytest", 'echo "${TOOL-no tool} ${SERVICE-no service}"')
    (tmp_path / ".venv" / ".stamp").touch()
    # A shell may have any of them: Windows' Linux has NAME, the name of the machine.
    shell = {
        "NAME": "machine",
        "TOOL": "hammer",
        "SERVICE": "door",
        "TABLE": "round",
        "FORCE": "yes",
        "DATABASE": "yes",
    }
    assert make(tmp_path, "new", "NAME=crm", "NOUN=deal", **shell).stdout == "[new][--name][crm][--noun][deal]"
    made = make(tmp_path, "new", "TOOL=list_deals", "SERVICE=crm", **shell).stdout
    assert made == "[new][--tool][list_deals][--service][crm]"
    assert make(tmp_path, "remove", "NAME=crm", **shell).stdout == "[remove][--name][crm]"
    # A test that runs another make would hand them on.
    assert make(tmp_path, "scaffold").stdout == "no tool no service\n"


def test_installing_leaves_standard_output_alone(tmp_path: Path) -> None:
    program(folder_with_scripts(tmp_path) / ".tools" / "uv" / "bin" / "uv", 'mkdir -p .venv; echo "uv: $*"')
    program(tmp_path / ".venv" / "bin" / "devkit", 'echo "$1"')
    for target, stamp in (("token", ".up"), ("bundle", ".stamp")):
        done = make(tmp_path, target, "UV=.tools/uv/bin/uv")
        assert (done.returncode, done.stdout) == (0, f"{target}\n")
        assert done.stderr.splitlines()[0] == "Installing the packages of uv.lock into .venv ..."
        assert re.fullmatch(
            r"Installing the packages of uv.lock into .venv: done in \d+ s\.", done.stderr.splitlines()[1]
        )
        assert (tmp_path / ".venv" / stamp).exists()
        assert make(tmp_path, target, "UV=.tools/uv/bin/uv").stderr == ""


def test_what_failed_to_install_is_shown_with_the_next_step(tmp_path: Path) -> None:
    program(folder_with_scripts(tmp_path) / ".tools" / "uv" / "bin" / "uv", "echo no route to host; exit 2")
    done = make(tmp_path, "token", "UV=.tools/uv/bin/uv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no route to host\n" in done.stderr
    assert "run make lock; make doctor says" in done.stderr
    assert not (tmp_path / ".venv" / ".up").exists()
