"""docs/tutorial.md, followed word for word in a copy of the workspace: each block is run, and shows what the page says.
Then the commands of the other pages are run on the same stack.

`make up` runs on ports of its own, since another stack may run on this machine.
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE
from devkit.simulators.registry import SIMULATORS
from devkit.workspace.services import discover
from tests.docs.blocks import Block, blocks, blocks_of
from tests.fixtures.checkout import PORTS
from tests.fixtures.scratch import Scratch

pytestmark = pytest.mark.slow
PAGE = "docs/tutorial.md"
START = 240.0  # seconds


class Terminals:
    """A terminal with the stack, and another for the other commands."""

    def __init__(self, scratch: Scratch, folder: Path) -> None:
        self.folder = scratch.folder
        self._log = folder / "up.log"
        self._up: subprocess.Popen[bytes] | None = None
        simulators = {name: free_port() for name in SIMULATORS}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DEVKIT_", "MAKE", "PYTEST"))},
            **{name: str(free_port()) for name in PORTS},
            "DEVKIT_SIMULATOR_PORTS": json.dumps(simulators),
        }
        self._ports = {simulator.port: simulators[name] for name, simulator in SIMULATORS.items()}
        for service in discover(self.folder):
            self._ports[service.port] = free_port()
            project = service.directory / "pyproject.toml"
            text = project.read_text(encoding="utf-8")
            project.write_text(text.replace(f"port = {service.port}", f"port = {self._ports[service.port]}"))

    def run_elsewhere(self, command: str, folder: Path) -> str:
        """Run a block of another page, which may leave files, while the stack is up; its output."""
        if self._up is None:
            self._start()
        for usual, own in self._ports.items():
            command = command.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{own}")
        (folder / ".venv").symlink_to(self.folder / ".venv")
        return self.run(f'cd {folder}; make() {{ command make -C {self.folder} "$@"; }}\n{command}')

    def run(self, command: str) -> str:
        """Run a block; its output."""
        if command == "make up\n":
            return self._start()
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{self._log.read_text()[-3000:]}"
        return done.stdout

    def close(self) -> None:
        """Press Ctrl-C in the first terminal, and wait for the end."""
        if self._up is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._up.pid, signal.SIGINT)
            self._up.wait(60)
            self._up = None

    def _start(self) -> str:
        self.close()
        with self._log.open("w") as log:
            self._up = subprocess.Popen(
                ["make", "up"],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START
        while "READY in" not in self._log.read_text():
            assert self._up.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.2)
        return self._log.read_text()


@pytest.fixture(scope="module")
def terminals(scratch: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminals]:
    terminals = Terminals(scratch, tmp_path_factory.mktemp("terminals"))
    yield terminals
    terminals.close()
    scratch.reset()
    scratch.made(".venv/.stamp")


def shows(output: str, expected: str) -> bool:
    """Whether an output has the lines of a page in their order. `…` stands for lines, or for a part of a line."""
    lines = [line.strip() for line in expected.splitlines()]
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else rf"\s*{re.escape(line).replace('…', '.*')}[^\S\n]*,?\n" for line in lines
    )
    return re.fullmatch(rf"{pattern}(?:\s*)", output.rstrip("\n") + "\n") is not None


def test_an_output_is_compared_line_by_line() -> None:
    assert shows("one\n  two 2,\nthree\n", "…\ntwo …\n…\n")
    assert not shows("one\ntwo\n", "two\n…\n")
    assert not shows("one\ntwo\nthree\n", "…\ntwo\n")


def test_the_tutorial_can_be_followed(terminals: Terminals) -> None:
    invoice, output, steps = "", "", 0
    for block in blocks_of(PAGE, (WORKSPACE / PAGE).read_text(encoding="utf-8")):
        if block.is_run:
            output = terminals.run(re.sub(r"invoice-\d+", invoice, block.text))
            steps += 1
        elif block.language == "text":
            assert shows(output, block.text), f"{block.name} shows\n{block.text}\nand not\n{output}"
        if found := re.search(r'"id": "(invoice-\d+)"', output):
            invoice = found[1]
    assert steps == 10


@pytest.mark.parametrize(
    "block", [pytest.param(block, id=block.name) for block in blocks() if block.is_run and PAGE not in block.name]
)
def test_the_commands_of_a_page_can_be_run(terminals: Terminals, tmp_path: Path, block: Block) -> None:
    terminals.run_elsewhere(block.text, tmp_path)
