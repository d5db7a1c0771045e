"""The forms of the report: lines, colours and JSON."""

import os
import pty
from contextlib import suppress

import pytest

from tests.devkit.doctor.machine import Machine, script


def test_each_check_is_one_line(machine: Machine) -> None:
    done = machine.run()
    *lines, last = done.stdout.splitlines()
    assert (done.returncode, done.stderr, last) == (0, "", "Problems: 0, warnings: 0.")
    assert all(line.startswith("ok       ") for line in lines)
    script(machine.programs / "make", "echo GNU Make 3.80")
    done = machine.run()
    assert done.returncode == 1
    assert (
        "problem  make         GNU Make 3.81 or newer is needed; found GNU Make 3.80.  Remedy: apt install make"
        in done.stdout
    )


@pytest.mark.parametrize("arguments", [["--yaml"], ["--json", "more"], [""]])
def test_wrong_usage(machine: Machine, arguments: list[str]) -> None:
    done = machine.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: doctor [--json]" in done.stderr


def test_values_in_json_are_escaped(machine: Machine) -> None:
    script(machine.programs / "make", r"""printf 'BSD "make" \\ %s\n' "$(printf '\t')." """)
    status, (line,) = machine.bad()
    assert (status, line.check) == (1, "make")
    assert 'found BSD "make" \\  .' in line.message


def test_no_home(machine: Machine) -> None:
    del machine.environment["HOME"]
    assert machine.bad() == (0, [])


@pytest.mark.parametrize(
    ("variables", "coloured"), [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)]
)
def test_colours_on_a_terminal(machine: Machine, variables: dict[str, str], coloured: bool) -> None:
    machine.environment |= variables
    command = ["/bin/sh", str(machine.root / "packages" / "devkit" / "shell" / "doctor")]
    process, terminal = pty.fork()
    if process == 0:
        os.execve(command[0], command, machine.environment)  # noqa: S606
    seen = b""
    with suppress(OSError):  # the end of its other side
        while part := os.read(terminal, 10000):
            seen += part
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert (b"\x1b[32mok" in seen) is coloured
    assert b"Problems: 0" in seen
