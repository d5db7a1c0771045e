"""`make doctor` names each fault of a machine, with its remedy and exit status, before anything is installed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.simulators.registry import wanted_simulators
from devkit.stack.database_status import DatabaseStatus
from devkit.workspace.services import discover
from devkit.workspace.state_directory import StateDirectory
from tests.devkit.doctor.machine import Line, Machine, script


def test_a_healthy_machine_has_no_fault(machine: Machine) -> None:
    status, lines = machine.report()
    assert (status, [line for line in lines if line.level != "ok"]) == (0, [])
    assert [line.check for line in lines] == [
        *("python", "make", "system", "memory", "disk", "index", "lock", "environment", "state", "ports"),
    ]
    machine.install()
    assert machine.bad() == (0, [])


def test_missing_python(machine: Machine) -> None:
    machine.only("python3")
    remedy = "apt install python3 python3-venv # Debian and Ubuntu"
    status, (line,) = machine.bad()
    assert (status, line.level, line.check, line.remedy) == (1, "problem", "python", remedy)
    assert "python3 is" in line.message
    assert "not found" in line.message


def test_old_python(machine: Machine) -> None:
    machine.only("python3")
    script(machine.programs / "python3", '[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1')
    status, (line,) = machine.bad()
    assert (status, line.check) == (1, "python")
    assert "python3 is Python 3.9.2." in line.message
    (machine.programs / "python3.12").symlink_to(Path(sys.executable).resolve())
    assert machine.bad() == (0, [])


def test_python_without_venv(machine: Machine) -> None:
    machine.only("python3")
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    # As Debian's python3 without the package python3-venv.
    script(machine.programs / "python3", f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec "{python}" "$@"')
    status, (line,) = machine.bad()
    assert (status, line.check) == (1, "python")
    assert "without venv or ensurepip" in line.message


def test_make_that_is_too_old(machine: Machine) -> None:
    script(machine.programs / "make", "echo GNU Make 3.80")
    status, (line,) = machine.bad()
    assert (status, line.check, line.remedy) == (1, "make", "apt install make # Debian and Ubuntu")


def test_system_without_packages(machine: Machine) -> None:
    script(machine.programs / "uname", 'case "$1" in -m) echo riscv64 ;; *) echo Linux ;; esac')
    status, (line,) = machine.bad()
    assert (status, line.check) == (1, "system")
    assert "PG_BIN" in (line.remedy or "")


def test_small_disk(machine: Machine) -> None:
    script(
        machine.programs / "df",
        "echo Filesystem 1024-blocks Used Available Capacity Mounted; echo /dev/a 9 9 512000 9% /",
    )
    status, (line,) = machine.bad()
    assert (status, line.level, line.check) == (1, "problem", "disk")
    assert line.message == "500 MB are free in this folder; 1500 MB are needed."
    machine.install()
    assert machine.bad() == (0, [])


def test_unreachable_index(machine: Machine) -> None:
    machine.environment["PIP_INDEX_URL"] = f"http://ann:secret@127.0.0.1:{free_port()}/simple"
    status, (line,) = machine.bad()
    assert (status, line.check) == (1, "index")
    assert "No answer from http://***@127.0.0.1:" in line.message
    assert "secret" not in repr(line)
    machine.environment["UV_OFFLINE"] = "1"
    assert machine.bad() == (0, [])


def test_index_of_a_configuration_file(machine: Machine) -> None:
    del machine.environment["PIP_INDEX_URL"]
    file = Path(machine.environment["HOME"], ".config", "pip", "pip.conf")
    file.parent.mkdir(parents=True)
    file.write_text(f"[global]\nindex-url = http://127.0.0.1:{free_port()}/of-the-file\n", encoding="utf-8")
    status, (line,) = machine.bad()
    assert (status, line.check) == (1, "index")
    assert "/of-the-file" in line.message


def test_port_held_by_another_program(machine: Machine) -> None:
    with machine.listener(machine.orders) as process:
        status, (line,) = machine.bad()
    assert (status, line.level, line.check) == (1, "problem", f"port {machine.orders}")
    assert f"of orders is held by process {process}: " in line.message
    assert line.remedy == f"kill {process}"


def test_another_stack(machine: Machine, tmp_path: Path) -> None:
    other = tmp_path / "other clone"
    (other / ".dev").mkdir(parents=True)
    port = int(machine.environment["DEVKIT_POSTGRES_PORT"])
    with machine.listener(port, DEVKIT_STACK=str(other / ".dev")):
        status, (line,) = machine.bad()
    assert (status, line.check, line.remedy) == (1, f"port {port}", f"make -C '{other}' down")
    assert line.message == f"Port {port} of postgres is held by another stack, of {other}."


def test_valkey_is_known_by_its_folder(machine: Machine) -> None:
    """It overwrites its environment with its title."""
    folder = machine.state / "valkey"
    folder.mkdir(parents=True)
    (machine.state / "stack.lock").touch()
    with machine.listener(int(machine.environment["DEVKIT_VALKEY_PORT"]), folder):
        status, lines = machine.report()
    assert (status, lines[-1]) == (0, Line("ok", "ports", "held by the stack of this folder", None))


def test_own_stack_holds_its_ports(machine: Machine) -> None:
    machine.state.mkdir()
    with machine.listener(machine.orders, DEVKIT_STACK=str(machine.state)):
        status, lines = machine.report()
    assert status == 0
    assert Line("ok", "ports", "held by the stack of this folder", None) in lines


def test_stale_lock(machine: Machine) -> None:
    project = machine.root / "services" / "crm" / "pyproject.toml"
    project.parent.mkdir()
    project.write_text('[project]\nname = "mcp-fleet-crm"\n', encoding="utf-8")
    expected = Line("problem", "lock", "uv.lock does not fit services/crm/pyproject.toml.", "make lock")
    assert machine.bad() == (1, [expected])


def test_lock_is_compared_by_uv_where_it_is_installed(machine: Machine) -> None:
    script(machine.programs / "uv", f'[ "$1" != lock ] || {{ echo "$*" > "{machine.programs}/asked"; exit 1; }}')
    expected = Line("problem", "lock", "uv.lock does not fit the pyproject.toml files.", "make lock")
    assert machine.bad() == (1, [expected])
    assert (machine.programs / "asked").read_text() == "lock --check --offline --no-config\n"


def test_stale_environment(machine: Machine) -> None:
    machine.install()
    os.utime(machine.root / ".venv" / ".up", (0, 0))
    status, (line,) = machine.bad()
    assert (status, line.level, line.check, line.remedy) == (0, "warning", "environment", "make .venv/.up")


def test_environment_without_its_python(machine: Machine) -> None:
    machine.install()
    (machine.root / ".venv" / "bin" / "python").unlink()
    status, (line,) = machine.bad()
    assert (status, line.level, line.remedy) == (1, "problem", "rm -rf .venv && make .venv/.up")


def test_environment_of_a_copied_folder(machine: Machine, tmp_path: Path) -> None:
    machine.install()
    shutil.copytree(machine.root, tmp_path / "copy", symlinks=True)
    old, machine.root = machine.root, tmp_path / "copy"
    status, (line,) = machine.bad()
    assert (status, line.check, line.remedy) == (1, "environment", "rm -rf .venv && make .venv/.up")
    assert f"another folder, {old}/.venv/bin" in line.message


def test_databases_of_another_postgres(machine: Machine) -> None:
    data = machine.state / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    status, (line,) = machine.bad()
    assert (status, line.level, line.check) == (1, "problem", "state")
    assert "was made by Postgres 14; Postgres 18 cannot read it." in line.message
    assert "binaries of Postgres 14" in (line.remedy or "")


def test_interrupted_first_start(machine: Machine) -> None:
    data = machine.state / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "base").mkdir()
    status, (line,) = machine.bad()
    assert (status, line.check, line.remedy) == (1, "state", "rm -rf .dev/postgres")


def test_left_process_file(machine: Machine) -> None:
    data = machine.state / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    ended = subprocess.Popen(["true"])
    ended.wait()
    (data / "postmaster.pid").write_text(f"{ended.pid}\n")
    status, (line,) = machine.bad()
    assert (status, line.level, line.check) == (0, "warning", "state")


def test_schema_of_newer_code(machine: Machine) -> None:
    (service,) = discover(machine.root)
    versions = service.source / "orders_mcp" / "migrations" / "versions"
    versions.mkdir(parents=True)
    for name in ("0001_orders.py", "0002_parcels.py"):
        (versions / name).touch()
    state = StateDirectory(machine.state)
    state.postgres.mkdir(parents=True)
    DatabaseStatus(service, state).record()
    assert machine.bad() == (0, [])
    (versions / "0002_parcels.py").unlink()
    status, (line,) = machine.bad()
    assert (status, line.level, line.check) == (1, "problem", "schema")
    assert "orders is at revision 0002, which is newer than this code." in line.message


@pytest.fixture
def open_machine(index: str) -> Iterator[Machine]:
    """In a folder that every user may read."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Machine(Path(name) / "machine", index)


def test_read_only_folder_of_another_user(open_machine: Machine) -> None:
    open_machine.state.mkdir()
    python = open_machine.programs / "python3"
    python.unlink()
    script(python, 'case "$1" in --version) echo Python 3.12.1 ;; esac')  # root's own Python may be out of reach
    if os.geteuid() == 0:
        status, lines = open_machine.bad(user=65534, group=65534)
        assert [line.check for line in lines] == ["folder", "state"]
        assert "belongs to the user 0, and you are 65534." in lines[1].message
    else:
        open_machine.root.chmod(0o555)
        status, lines = open_machine.bad()
        open_machine.root.chmod(0o755)
        assert [line.check for line in lines] == ["folder"]
    assert status == 1
    assert lines[0].remedy == "Clone the repository into a folder of your own."


def test_ports_are_those_of_the_stack() -> None:
    settings = DevkitSettings.model_validate({})
    text = (WORKSPACE / "packages" / "devkit" / "shell" / "doctor-ports.sh").read_text(encoding="utf-8")
    stack = {
        f"DEVKIT_{name.upper()}": DevkitSettings.model_fields[name].default
        for name in ("postgres_port", "valkey_port", "issuer_port", "portal_port")
    }
    for name, port in stack.items():
        assert f"${{{name}:-{port}}}" in text
    for simulator in wanted_simulators(discover(WORKSPACE)):
        assert f"simulator_port {simulator.name} {simulator.port_for(settings)}" in text
