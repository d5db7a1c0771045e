"""Servers and kit on every version of Postgres, Redis and Valkey: their own tests, run again with other programs.

The ordinary suite has the versions of the developer kit. A small `N` runs a selection of tests on the oldest versions,
a large one whole folders on all.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE
from devkit.stores.databases import bootstrap
from servicekit.storage.migrations import migrate
from servicekit.storage.postgres.login.failures import CannotConnect
from servicekit.storage.postgres.login.version import OLDEST
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import text_of
from tests.fixtures.databases import service_on
from tests.system.load.sizes import size

from .programs import MISSING, TOO_OLD, Program, every_postgres, postgres_programs, redis_programs
from .site import Stores

pytestmark = pytest.mark.slow

_WHOLE = size(20) >= 10
_POSTGRES_TESTS = (
    "tests/contract/test_migrations.py",
    "tests/contract/test_tenancy.py",
    *(
        ("tests/services/orders", "tests/services/ticketing", "tests/servicekit/journal", "tests/servicekit/audit")
        if _WHOLE
        else (
            "tests/services/orders/test_search.py",
            "tests/services/orders/test_write_rules.py",
            "tests/services/ticketing/test_port_search.py",
            "tests/servicekit/audit/test_audit_lanes.py",
            "tests/servicekit/audit/test_audit_tampering.py",
            "tests/servicekit/journal/test_postgres_journal.py",
        )
    ),
    "tests/servicekit/storage/test_identifiers.py",
)
_REDIS_TESTS = (
    "tests/servicekit/access",
    "tests/servicekit/journal/test_redis_consent.py",
    "tests/servicekit/journal/test_redis_journal.py",
    "tests/servicekit/journal/test_redis_trail.py",
    "tests/servicekit/journal/test_store_expiry.py",
    "tests/servicekit/storage/test_change_feed.py",
    "tests/servicekit/mcp",
    *(("tests/servicekit/pipeline", "tests/servicekit/upstream", "tests/services/weather") if _WHOLE else ()),
)
_VERSIONS = slice(None, -1 if _WHOLE else 1)
_POSTGRES = tuple(postgres_programs())[_VERSIONS]
_REDIS = tuple(redis_programs())[_VERSIONS]


def run_again(tests: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run tests with other programs, and fail with their output."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *tests]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        command,
        env={**outside, "TEST_SERVICES": "embedded", **environment},
        cwd=WORKSPACE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]


@pytest.mark.parametrize("version", _POSTGRES)
def test_servers_work_on_this_postgres(version: int) -> None:
    run_again(_POSTGRES_TESTS, {"PG_BIN": str(postgres_programs()[version].path.parent)})


@pytest.mark.parametrize("version", _REDIS)
def test_the_kit_works_on_this_redis(version: str, tmp_path: Path) -> None:
    run_again(_REDIS_TESTS, {"REDIS_BIN": str(started_by_a_script(redis_programs()[version], tmp_path))})


def started_by_a_script(program: Program, folder: Path) -> Path:
    """A script that runs the program with the environment it needs."""
    settings = "".join(f"{name}='{value}' " for name, value in program.environment.items())
    script = folder / "valkey-server"
    script.write_text(f'#!/bin/sh\n{settings}exec {program.path} "$@"\n')
    script.chmod(0o755)
    return script


async def test_a_postgres_that_is_too_old_is_refused(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    if TOO_OLD not in every_postgres():
        pytest.skip(MISSING.format(f"Postgres {TOO_OLD}"))
    urls = await bootstrap(stores.postgres(TOO_OLD).admin_url, "orders")
    refusal = rf"PostgreSQL {OLDEST} or newer is needed; this is PostgreSQL {TOO_OLD}\b"
    with pytest.raises(CannotConnect, match=refusal):
        await migrate(urls.owner, "orders_mcp")
    service = service_on("orders", urls)
    async with service.running(), connect(service, caller(*service.registry.scopes)) as client:
        replies = [await client.call_tool("search_orders", {}) for _ in range(3)]
    for reply in replies:
        assert reply.is_error
        assert "not answering" in text_of(reply)
    causes = [vars(record) for record in caplog.records if record.msg == "dependency unavailable"]
    named = sorted(cause["component"] for cause in causes if re.match(refusal, cause["reason"]))
    assert named == ["database", "writer"]
