"""Starts processes in stages, restarts them on save and stops them in reverse order."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import DevkitError
from devkit.supervisor.child_process import ChildProcess
from devkit.supervisor.command import Command
from devkit.supervisor.file_watch import saved_files
from devkit.supervisor.output import Output
from devkit.supervisor.progress import Progress

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL = 0.05
STOP_BUDGET = 4.5
"""Seconds until the remaining processes are killed."""
STAGE_GRACE = 2.5
"""Seconds of the budget that one stage may use while others wait."""


@dataclass(frozen=True)
class Preparation:
    """What a part needs before its first start.

    Attributes:
        what: for the output, such as "loading sample data".
        work: a command that runs to its end, or a function that runs in a thread and raises `DevkitError`.
    """

    what: str
    work: Command | Callable[[], None]


@dataclass(frozen=True)
class Part:
    """A long-running process of the stack."""

    name: str
    command: Command
    is_ready: Callable[[], Awaitable[bool]]
    preparation: Callable[[], Sequence[Preparation]] = tuple
    """Called when its stage starts; returns what is done before the first start."""
    on_prepared: Callable[[], None] = lambda: None
    """Called when all of it succeeded."""
    address: str = ""
    """Shown when it is ready."""
    watched: tuple[Path, ...] = ()
    """Folders whose `.py` files restart it when saved. After a save, a crash does not stop the stack."""
    holds_next: bool = True
    """Whether the next stage waits until it is ready. The whole stack waits in any case."""


@dataclass(frozen=True)
class Stage:
    """Parts that start together, when those parts of the earlier stages are ready that hold the next one."""

    parts: Sequence[Part]
    before: Callable[[], Awaitable[None]] | None = None
    """Runs before the parts start."""
    doing: str = "Preparing"
    """What `before` does, for the output."""


class _Failed(Exception):
    """Ends the siblings of a failed part; the failure is already recorded."""


class _Running:
    """A part and its current process."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.process: ChildProcess | None = None
        self.saved = False
        """Whether a save has restarted it; then a crash waits for the next save."""
        self.watcher: asyncio.Task[None] | None = None


class Supervisor:
    """Runs `stages` until a signal or the first failure. `on_start` receives the id of each started process."""

    def __init__(
        self,
        stages: Sequence[Stage],
        output: Output,
        *,
        start_timeout: float = 60.0,
        on_start: Callable[[int], None] = lambda _process_id: None,
        on_ready: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._stages = stages
        self._progress = Progress(output)
        self._start_timeout = start_timeout
        self._on_start = on_start
        self._on_ready = on_ready
        self._running: list[list[_Running]] = []
        self._saved: asyncio.Queue[set[Path]] = asyncio.Queue()
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._failure: int | None = None

    async def run(self) -> int:
        """Returns after the last process: 0 after a signal, else the exit code of the first failed part."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        started = time.monotonic()
        try:
            # Watched from the start: a file saved while the stack starts restarts its service, too.
            watch = asyncio.create_task(self._watch_files())
            work = asyncio.create_task(self._work(started))
            stopped = asyncio.create_task(self._stop.wait())
            await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            work.cancel()
            watch.cancel()
            await asyncio.wait([watch])
            with suppress(asyncio.CancelledError):
                await work
        finally:
            await self._stop_all()
        return self._failure or 0

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    async def _work(self, started: float) -> None:
        beats = asyncio.create_task(self._tick())
        try:
            async with asyncio.TaskGroup() as tasks:
                for stage in self._stages:
                    if stage.before is not None:
                        with self._progress.step(stage.doing):
                            await stage.before()
                    group = [_Running(part) for part in stage.parts]
                    self._running.append(group)
                    self._progress.say(f"Starting {', '.join(part.name for part in stage.parts)}.")
                    starts = [(running.part, tasks.create_task(self._first_start(running))) for running in group]
                    if holding := [start for part, start in starts if part.holds_next]:
                        await asyncio.wait(holding)
        except* _Failed:
            pass
        finally:
            beats.cancel()
        if self._stop.is_set():
            return
        self._on_ready(time.monotonic() - started)
        await self._restart_on_save()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            self._progress.tick()

    def _fail(self, exit_code: int) -> None:
        if self._failure is None and not self._stop.is_set():
            self._failure = exit_code or 1
        self._stop.set()

    async def _first_start(self, running: _Running) -> None:
        part = running.part
        try:
            for preparation in part.preparation():
                with self._progress.step(f"{part.name}: {preparation.what}"):
                    await self._prepare(part.name, preparation.work)
            part.on_prepared()
            running.process = await self._spawn(part.name, part.command)
            running.watcher = asyncio.create_task(self._watch_exit(running, running.process))
            ready = f"{part.name} is ready{f' at {part.address}' if part.address else ''}"
            with self._progress.step(f"{part.name}: starting", ready):
                await self._wait_until_ready(part, running.process)
        except DevkitError as problem:
            self._progress.say(str(problem))
            self._fail(problem.exit_code)
            raise _Failed from None

    async def _prepare(self, name: str, work: Command | Callable[[], None]) -> None:
        if not isinstance(work, Command):
            await asyncio.to_thread(work)
            return
        process = await self._spawn(name, work)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await process.stop(0)
            raise
        if code:
            raise DevkitError(f"{name}: `{_shown(work)}` failed with exit code {code}.", exit_code=code)

    async def _spawn(self, name: str, command: Command) -> ChildProcess:
        process = await ChildProcess.start(command, lambda line: self._progress.line(name, line))
        self._on_start(process.process_id)
        return process

    async def _wait_until_ready(self, part: Part, process: ChildProcess) -> None:
        deadline = time.monotonic() + self._start_timeout
        while not await part.is_ready():
            if process.exit_code is not None:
                code = await process.wait()
                raise DevkitError(f"{part.name} ended with exit code {code} before it was ready.", exit_code=code or 1)
            if time.monotonic() > deadline:
                raise DevkitError(
                    f"{part.name} was not ready within {self._start_timeout:.0f} s. Its last lines are above. "
                    "Set DEVKIT_START_TIMEOUT to allow more seconds.",
                    exit_code=1,
                )
            await asyncio.sleep(POLL)

    async def _watch_exit(self, running: _Running, process: ChildProcess) -> None:
        code = await process.wait()
        if self._stop.is_set() or running.process is not process:
            return
        name = running.part.name
        if running.saved:
            self._progress.say(f"{name} ended with exit code {code}. Waiting for the next save.")
            return
        self._progress.say(f"{name} ended with exit code {code}. Stopping the stack.")
        self._fail(code)

    async def _watch_files(self) -> None:
        folders = {folder for stage in self._stages for part in stage.parts for folder in part.watched}
        async for files in saved_files(folders, self._progress.say):
            self._saved.put_nowait(files)

    async def _restart_on_save(self) -> None:
        while True:
            files = await self._saved.get()
            async with asyncio.TaskGroup() as tasks:
                for running in [one for group in self._running for one in group]:
                    mine = {file for file in files if any(map(file.is_relative_to, running.part.watched))}
                    if mine:
                        tasks.create_task(self._restart(running, mine))

    async def _restart(self, running: _Running, files: set[Path]) -> None:
        name, old = running.part.name, running.process
        names = ", ".join(sorted({file.name for file in files}))
        self._progress.say(f"{names} saved: restarting {name}.")
        running.saved = True
        if running.watcher is not None:
            running.watcher.cancel()
        if old is not None:
            await old.stop(STAGE_GRACE)
        running.process = await self._spawn(name, running.part.command)
        running.watcher = asyncio.create_task(self._announce(running, running.process))

    async def _announce(self, running: _Running, process: ChildProcess) -> None:
        started = time.monotonic()
        try:
            await self._wait_until_ready(running.part, process)
            self._progress.say(f"{running.part.name} is ready again after {time.monotonic() - started:.1f} s.")
            await self._watch_exit(running, process)
        except DevkitError as problem:
            self._progress.say(f"{problem} Waiting for the next save.")

    async def _stop_all(self) -> None:
        if any(running.process is not None for group in self._running for running in group):
            self._progress.say("Stopping.")
        end = time.monotonic() + STOP_BUDGET
        for group in reversed(self._running):
            processes = [running.process for running in group if running.process is not None]
            await self._stop_processes(processes, min(STAGE_GRACE, max(0.1, end - time.monotonic())))
            for running in group:
                if running.watcher is not None:
                    running.watcher.cancel()

    async def _stop_processes(self, processes: list[ChildProcess], grace: float) -> None:
        """Stop processes concurrently, within `grace` seconds or at once after a second signal."""
        stops = asyncio.create_task(_stop_each(processes, grace))
        hurry = asyncio.create_task(self._wait_for_hurry())
        await asyncio.wait([stops, hurry], return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not stops.done():
            stops.cancel()
            await _stop_each(processes, 0)

    async def _wait_for_hurry(self) -> None:
        await self._hurry.wait()


async def _stop_each(processes: list[ChildProcess], grace: float) -> None:
    await asyncio.gather(*(process.stop(grace) for process in processes))


def _shown(command: Command) -> str:
    program, *arguments = command.argv
    return " ".join([Path(program).name, *arguments])
