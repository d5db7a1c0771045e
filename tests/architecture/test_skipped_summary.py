"""A run ends with one sentence on the tests it left out; every slow test has a make target that CI runs."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE
from tests.fixtures.skipped_summary import slow_targets, summary, targets_of

MAKEFILE = (WORKSPACE / "Makefile").read_text(encoding="utf-8")
SLOW = sorted(
    path.relative_to(WORKSPACE).as_posix()
    for path in (WORKSPACE / "tests").rglob("test_*.py")
    if "mark.slow" in path.read_text(encoding="utf-8") and path != Path(__file__)
)
HOOKS = "pytest_deselected, pytest_sessionfinish, pytest_testnodedown, pytest_unconfigure"
TESTS = """
import pytest

@pytest.mark.parametrize("number", [1, 2])
def test_skipped(number):
    pytest.skip("Helm is missing: put helm on PATH")

@pytest.mark.slow
def test_slow():
    raise AssertionError

def test_fast():
    pass
"""


@pytest.mark.parametrize("path", SLOW)
def test_every_slow_test_has_a_make_target(path: str) -> None:
    targets = targets_of([f"{path}::test_it"], slow_targets(MAKEFILE))
    assert targets
    ci = (WORKSPACE / ".ci" / "run").read_text(encoding="utf-8").split()
    assert set(targets) <= set(ci)


def test_nothing_left_out_needs_no_sentence() -> None:
    assert summary(Counter(), [], MAKEFILE) is None


def test_one_test_is_singular() -> None:
    assert summary(Counter({"not root: run it as root": 1}), [], MAKEFILE) == (
        "Skipped: 1 test (not root: run it as root)."
    )


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_last_line_names_skipped_and_slow_tests(tmp_path: Path, workers: str) -> None:
    folder = tmp_path / "tests" / "devkit"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(f"from tests.fixtures.skipped_summary import {HOOKS}\n", encoding="utf-8")
    options = ["-c", str(WORKSPACE / "pyproject.toml"), "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, *options, str(folder)]
    finished = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.splitlines()[-1] == (
        "Skipped: 2 tests (Helm is missing: put helm on PATH); 1 slow test (make programs)."
    )
