"""What the README says that a machine needs is what `make doctor` asks for."""

import re

import pytest

from devkit.settings import WORKSPACE


@pytest.mark.parametrize("what", ["disk", "memory"])
def test_the_needs_are_those_of_the_doctor(what: str) -> None:
    page = (WORKSPACE / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {what} \|.*`make doctor` asks for ([\d.]+) GB", page, re.MULTILINE)
    script = (WORKSPACE / "packages" / "devkit" / "shell" / "doctor-machine.sh").read_text(encoding="utf-8")
    needed = re.search(rf"^needed_{what}=(\d+)$", script, re.MULTILINE)
    assert row is not None
    assert needed is not None
    assert float(row[1]) * 1000 == int(needed[1])
