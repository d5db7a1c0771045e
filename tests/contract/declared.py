"""What each server declares for the contract suite, in `tests/services/<name>/contract.py`.

`NAMED` has its arguments that take an identifier, and `examples` right values of them (`named_values`).
"""

from importlib import import_module
from types import ModuleType
from typing import Final

from devkit.settings import WORKSPACE

DECLARED: Final[dict[str, ModuleType]] = {
    file.parent.name: import_module(f"tests.services.{file.parent.name}.contract")
    for file in sorted((WORKSPACE / "tests" / "services").glob("*/contract.py"))
}
"""The declarations, by server."""
