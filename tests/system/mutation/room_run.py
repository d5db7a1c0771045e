"""The process of one room: imports the tests once, runs the unchanged code, then forks a child for each mutant.

Reads the room and its mutants from standard input, and writes one line of JSON for the unchanged code and one for each
mutant to the file in its argument. A mutant is killed by the first test that fails, or by running far too long.
"""

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coverage
import pytest

from devkit.settings import WORKSPACE

from .coverage_map import Reached
from .mutants import Mutant
from .patching import change_functions, changed_functions
from .rooms import KIT, ROOMS
from .stores import PYTEST, Stores, running_stores

BUDGET = 30.0
"""Seconds of tests that are run for one mutant; the quickest come first."""
_PATIENCE = 10.0
_COLD_START = 20.0
_CONTROL = 2.0


class RoomRun:
    """A plugin of pytest: instead of running the tests once, runs them for each mutant.

    Args:
        mutants: what to run.
        stores: running stores.
        scratch: a folder for the files between the processes.
        report: takes each result.
    """

    def __init__(
        self, mutants: list[Mutant], stores: Stores, scratch: Path, report: Callable[[dict[str, Any]], None]
    ) -> None:
        self._mutants = mutants
        self._stores = stores
        self._scratch = scratch
        self._report = report
        self._failed: list[str] = []
        self._seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        reached = self._unchanged(list(items.values()))
        self._report({"tests": len(items), "failures": reached.failures, "seconds": sum(reached.seconds.values())})
        if reached.failures or not self._starts_anew(reached):
            return True
        for mutant in self._mutants:
            start = time.monotonic()
            outcome, tests = self._outcome(mutant, reached, items)
            self._stores.clear()
            seconds = round(time.monotonic() - start, 2)
            self._report({"mutant": mutant.as_json(), "outcome": outcome, "tests": tests, "seconds": seconds})
        return True

    def _starts_anew(self, reached: Reached) -> bool:
        """Whether tests pass in a new process without a mutant: if not, it would seem to kill every one."""
        tests = reached.within(sorted(reached.seconds, key=lambda test: (reached.seconds[test], test)), _CONTROL)
        outcome = _forked(lambda: self._cold(None, tests), _PATIENCE + _COLD_START + 5 * _CONTROL)
        self._stores.clear()
        return outcome == "survived"

    def _outcome(self, mutant: Mutant, reached: Reached, items: dict[str, pytest.Item]) -> tuple[str, int]:
        """What became of a mutant, and how many tests reach it."""
        changes = changed_functions(mutant.path, mutant.source)
        reaching = reached.tests_of(mutant, whole_file=changes is None)
        outcome = "unable"
        if changes is not None and reaching:
            tests = reached.within(reaching, BUDGET)
            limit = _PATIENCE + 5 * sum(reached.seconds[test] for test in tests)
            outcome = _forked(lambda: self._hot(mutant, changes, [items[test] for test in tests], reached), limit)
        if outcome not in {"killed", "timeout"}:  # also for what ran at the import, which a changed function is not
            tests = reached.within(reached.tests_of(mutant, whole_file=True), BUDGET)
            limit = _PATIENCE + _COLD_START + 5 * sum(reached.seconds[test] for test in tests)
            outcome = _forked(lambda: self._cold(mutant, tests), limit)
        return outcome, len(reaching)

    def _unchanged(self, items: list[pytest.Item]) -> Reached:
        kept = self._scratch / "reached"

        def run() -> str:
            tracer = coverage.Coverage(data_file=None, include=[f"{KIT}/*"], config_file=False)
            tracer.start()
            self._run(items, tracer)
            failed, self._failed = set(self._failed), []
            self._run([item for item in items if item.nodeid in failed], tracer)  # a busy machine is no failure
            tracer.stop()
            data = tracer.get_data()
            lines = {file: data.contexts_by_lineno(file) for file in data.measured_files()}
            Reached(list(dict.fromkeys(self._failed)), self._seconds, lines).save(kept)
            return "survived"

        _forked(run, timeout=600)
        self._stores.clear()
        if not kept.exists():
            return Reached(failures=["the run of the unchanged code did not end; see its log"])
        return Reached.load(kept)

    @staticmethod
    def _run(items: list[pytest.Item], tracer: coverage.Coverage) -> None:
        for item, following in zip(items, [*items[1:], None], strict=True) if items else ():
            tracer.switch_context(item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def _hot(self, mutant: Mutant, changes: Any, items: list[pytest.Item], reached: Reached) -> str:
        if not change_functions(mutant.path, changes):
            return "unable"
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for item, following in zip(items, [*items[1:], items[-1]], strict=True):  # the fixtures are left to the exit
            signal.alarm(round(_PATIENCE + 5 * reached.seconds[item.nodeid]))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                return "killed"
        return "survived"

    def _cold(self, mutant: Mutant | None, tests: list[str]) -> str:
        order = self._scratch / "cold.json"
        stores = {"postgres": self._stores.postgres, "valkey": self._stores.valkey}
        order.write_text(json.dumps({"mutant": mutant and mutant.as_json(), "stores": stores, "tests": tests}))
        arguments = [sys.executable, "-m", f"{__package__}.cold_run", str(order)]
        os.execv(sys.executable, arguments)  # noqa: S606 - its exit status is the outcome


_STATUS = {"survived": 0, "killed": 1, "unable": 99}


def _forked(work: Callable[[], str], timeout: float) -> str:
    """What `work` returns in a child, which is a process group of its own; "timeout" where it ran too long."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1  # what breaks a whole run is a failure as well
        try:
            os.setsid()
            status = _STATUS[work()]
        finally:
            sys.stdout.flush()
            os._exit(status)
    deadline = time.monotonic() + timeout
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > deadline:
            _kill(child)
            os.waitpid(child, 0)
            return "timeout"
        time.sleep(0.01)
    _kill(child)  # what it started
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGALRM:
        return "timeout"
    return next((name for name, known in _STATUS.items() if known == code), "killed")


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def main() -> int:
    """Run one room."""
    order = json.load(sys.stdin)
    room = next(room for room in ROOMS if room.name == order["room"])
    mutants = [Mutant(**one) for one in order["mutants"]]
    with (
        Path(sys.argv[1]).open("a") as results,
        tempfile.TemporaryDirectory(prefix="mutation-") as scratch,
        running_stores() as stores,
    ):
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = f"{scratch}/hypothesis"
        stores.use()

        def report(result: dict[str, Any]) -> None:
            print(json.dumps(result), file=results, flush=True)

        tests = [path.relative_to(WORKSPACE).as_posix() for path in room.suites()]
        options = [*PYTEST, f"--hypothesis-seed={order['seed']}", *tests]
        return int(pytest.main(options, plugins=[RoomRun(mutants, stores, Path(scratch), report)]))


if __name__ == "__main__":
    sys.exit(main())
