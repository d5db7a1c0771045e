"""Runs tests in a process that imports a mutant, if there is one, instead of the file; exits as pytest does."""

import json
import sys
from pathlib import Path

import pytest

from .mutants import Mutant
from .patching import Mutated
from .stores import PYTEST, Stores


def main() -> int:
    """Run the tests of an order, until one fails."""
    order = json.loads(Path(sys.argv[1]).read_text())
    if order["mutant"] is not None:
        mutant = Mutant(**order["mutant"])
        module = mutant.file.removesuffix(".py").replace("/", ".")
        Mutated(module, mutant.path, mutant.source).install()
    Stores(**order["stores"]).use()
    return int(pytest.main([*PYTEST, "-x", *order["tests"]]))


if __name__ == "__main__":
    sys.exit(main())
