"""A child process of the supervisor."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress

from devkit.supervisor.command import Command

LINE_LIMIT = 1 << 20
"""Bytes of one log line; longer lines are split."""


class ChildProcess:
    """A running program; `on_line` receives each line of its output."""

    def __init__(self, command: Command, process: asyncio.subprocess.Process, on_line: Callable[[str], None]) -> None:
        self._command = command
        self._process = process
        self._reader = asyncio.create_task(self._read(on_line))

    @classmethod
    async def start(cls, command: Command, on_line: Callable[[str], None]) -> "ChildProcess":
        """Start the program as a child that ends together with this process."""
        process = await asyncio.create_subprocess_exec(
            *command.launch_argv(),
            env=dict(command.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_LIMIT,
        )
        return cls(command, process, on_line)

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 128 + n after signal n, as in shells."""
        code = self._process.returncode
        return code if code is None or code >= 0 else 128 - code

    async def wait(self) -> int:
        """Wait until the process has ended and its last lines are read; returns its exit code."""
        await self._process.wait()
        # A grandchild may keep the pipe open.
        await asyncio.wait([self._reader], timeout=1)
        self._reader.cancel()
        return self.exit_code or 0

    async def stop(self, grace: float) -> None:
        """Send the stop signal; after `grace` seconds kill the whole session."""
        if self.exit_code is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(self._command.stop_signal)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), grace)
        # Ends the processes that it left in its process group.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self.wait()

    async def _read(self, on_line: Callable[[str], None]) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        while True:
            try:
                line = await stream.readuntil()
            except asyncio.IncompleteReadError as rest:
                if rest.partial:
                    on_line(rest.partial.decode(errors="replace").rstrip())
                return
            except asyncio.LimitOverrunError as overrun:
                line = await stream.readexactly(overrun.consumed)
            on_line(line.decode(errors="replace").rstrip())
