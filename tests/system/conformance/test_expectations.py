"""The verdict over a run of the suite: an unexpected failure counts, and so does an expectation that nothing fails."""

import json
from pathlib import Path

import pytest

from .__main__ import REVISIONS
from .expectations import Found, disagreements, read_expected, read_results
from .suite import HERE

EXPECTED = {("tasks", "create"): "No tasks."}


def write_checks(results: Path, scenario: str, *checks: tuple[str, str]) -> None:
    folder = results / f"server-{scenario}-2026-11-21T11-26-35-512Z"
    folder.mkdir(parents=True)
    content = [{"id": check, "status": status, "errorMessage": f"{check} broke"} for check, status in checks]
    (folder / "checks.json").write_text(json.dumps(content))


def test_results_are_read_by_scenario_and_check(tmp_path: Path) -> None:
    write_checks(tmp_path, "server-stateless", ("a", "SUCCESS"), ("b", "FAILURE"), ("c", "WARNING"), ("d", "SKIPPED"))
    write_checks(tmp_path, "ping", ("a", "SUCCESS"), ("a", "FAILURE"), ("a", "SUCCESS"))
    found = read_results(tmp_path)
    assert found.scenarios == {"server-stateless", "ping"}
    assert found.passed == {("server-stateless", "a")}
    assert found.failed == {
        ("server-stateless", "b"): "b broke",
        ("server-stateless", "c"): "c broke",
        ("ping", "a"): "a broke",
    }
    assert found.counts["SUCCESS"] == 3


def test_a_run_as_expected_is_good() -> None:
    assert disagreements(Found(failed={("tasks", "create"): "x"}, passed={("ping", "ping")}), EXPECTED) == []


def test_an_unlisted_failure_is_reported() -> None:
    (line,) = disagreements(Found(failed={("tasks", "create"): "x", ("ping", "ping"): "timed out"}), EXPECTED)
    assert line == "ping ping failed, and is not expected to: timed out"


@pytest.mark.parametrize(("passed", "word"), [({("tasks", "create")}, "passes"), (set(), "did not run")])
def test_a_listed_failure_that_passes_is_reported(passed: set[tuple[str, str]], word: str) -> None:
    (line,) = disagreements(Found(passed=passed), EXPECTED)
    assert line == f"tasks create is expected to fail, and {word}: remove it from the list"


def test_the_list_is_read_for_one_revision() -> None:
    text = "# comment\n\n2026-07-28 tasks create No tasks.\n2025-11-25 logging level No session.\n"
    assert read_expected(text, "2026-07-28") == EXPECTED


@pytest.mark.parametrize("text", ["2026-07-28 tasks create", "2026-07-28 a b c\n2026-07-28 a b d"])
def test_a_line_without_reason_or_twice_there_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="2026-07-28"):
        read_expected(text, "2026-07-28")


def test_the_expected_failures_are_of_known_revisions() -> None:
    text = (HERE / "expected-failures.txt").read_text()
    lines = [line.split()[:2] for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == sum(len(read_expected(text, revision)) for revision in REVISIONS)
    assert all(scenario.startswith("tasks-") for revision, scenario in lines if revision == "2026-07-28")


def test_the_suite_lock_has_hashes_and_no_registry() -> None:
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert [name for name, package in installed.items() if "resolved" in package] == []
    assert [name for name, package in installed.items() if not package.get("integrity", "").startswith("sha512-")] == []
