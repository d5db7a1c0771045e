"""The tool schema is public API: kept in a file, compared by meaning."""

import pytest

from devkit.reference.contract import breaking_changes, contract_of, read_contract, version_allows_breaking
from devkit.reference.generated_files import contract_path
from devkit.settings import WORKSPACE

from .conftest import Running


def test_the_contract_is_the_one_on_file(running: Running) -> None:
    old, new = read_contract(contract_path(WORKSPACE, running.description.name)), contract_of(running.service)
    broken = breaking_changes(old, new)
    if broken and not version_allows_breaking(old["version"], new["version"]):
        pytest.fail("Clients would break. Undo this, or raise the service's major version:\n  " + "\n  ".join(broken))
    assert new == old, "The contract changed, compatibly. Look at the difference, then run `make reference`."
