"""One fleet for all suites, and the table at the end of a run."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.stores.testing import PostgresServer

from .fleet import DESCRIPTIONS, Fleet, Server, fleet_on
from .report import REPORT


@pytest.fixture(scope="session")
def fleet(postgres: PostgresServer, valkey_url: str, issuer: RunningIssuer) -> Iterator[Fleet]:
    """What servers run on; `start` adds one."""
    with (
        tempfile.TemporaryDirectory(prefix="attack-", ignore_cleanup_errors=True) as folder,
        fleet_on(postgres.admin_url, valkey_url, issuer, Path(folder)) as fleet,
    ):
        yield fleet


@pytest.fixture(scope="session")
def servers(fleet: Fleet) -> dict[str, Server]:
    """One replica of each service."""
    return {name: fleet.start(name) for name in DESCRIPTIONS}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of suites."""
    lines = REPORT.table()
    if lines:
        terminalreporter.section("attack")
        for line in lines:
            terminalreporter.write_line(line)
