"""What each server declares for the contract suite, in `tests/services/<name>/contract.py`.

- `NAMED`: its arguments that take an identifier, and `examples`: right values of them (`named_values`).
- `OTHERS`, optional: arguments of tools whose generated ones are refused for another reason.
- `text_fields`, for a server that stores text: how each text is shown and written (`text_trips`).
- `NOT_STORED`, optional: arguments with text that is not stored as it is sent.
"""

from importlib import import_module
from types import ModuleType
from typing import Final

import pytest

from devkit.settings import WORKSPACE
from devkit.workspace.services import discover


def _declared(name: str) -> ModuleType:
    file = f"tests/services/{name}/contract.py"
    if not (WORKSPACE / file).is_file():
        raise pytest.UsageError(
            f"{file} is missing: declare NAMED and examples, as tests/services/weather/contract.py does."
        )
    return import_module(f"tests.services.{name}.contract")


DECLARED: Final[dict[str, ModuleType]] = {service.name: _declared(service.name) for service in discover(WORKSPACE)}
"""The declarations, by server."""
