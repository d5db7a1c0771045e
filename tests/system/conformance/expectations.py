"""What the suite found, held against the list of what is expected to fail: either side having more is a failure."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Check = tuple[str, str]
"""A scenario, and the id of one of its checks."""

_FAILED = ("FAILURE", "WARNING")
_FOLDER = re.compile(r"^server-(?P<scenario>.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$")


@dataclass
class Found:
    """The outcome of one run.

    Attributes:
        failed: why each failing check failed; a check that ran several times fails if it did once.
        passed: checks that never failed, and passed once.
        counts: check results, by status.
    """

    scenarios: set[str] = field(default_factory=set)
    failed: dict[Check, str] = field(default_factory=dict)
    passed: set[Check] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


def read_results(results: Path) -> Found:
    """Every check in the suite's output folder."""
    found = Found()
    for file in sorted(results.glob("*/checks.json")):
        match = _FOLDER.match(file.parent.name)
        if match is None:
            raise ValueError(f"{file.parent.name}: not the name of a result")
        scenario = match["scenario"]
        found.scenarios.add(scenario)
        for check in json.loads(file.read_text(encoding="utf-8")):
            found.counts[check["status"]] += 1
            key = (scenario, check["id"])
            if check["status"] in _FAILED:
                found.failed[key] = check.get("errorMessage") or "no reason given"
            elif check["status"] == "SUCCESS":
                found.passed.add(key)
    found.passed -= found.failed.keys()
    return found


def read_expected(text: str, revision: str) -> dict[Check, str]:
    """The checks that the list expects to fail under a revision, and why.

    Raises:
        ValueError: a line is not `revision scenario check reason`, or names a check twice.
    """
    expected: dict[Check, str] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(maxsplit=3)
        if len(parts) != 4:
            raise ValueError(f"not `revision scenario check reason`: {line}")
        if parts[0] != revision:
            continue
        key = (parts[1], parts[2])
        if key in expected:
            raise ValueError(f"named twice: {line}")
        expected[key] = parts[3]
    return expected


def disagreements(found: Found, expected: Mapping[Check, str]) -> list[str]:
    """Every check whose outcome is not what the list says, in a sentence each; none where the run is good."""
    lines = [
        f"{scenario} {check} failed, and is not expected to: {why}"
        for (scenario, check), why in sorted(found.failed.items())
        if (scenario, check) not in expected
    ]
    for scenario, check in sorted(expected.keys() - found.failed.keys()):
        outcome = "passes" if (scenario, check) in found.passed else "did not run"
        lines.append(f"{scenario} {check} is expected to fail, and {outcome}: remove it from the list")
    return lines
