"""No server needs a session of the database to itself, so each works through a pooler that shares sessions."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import anyio
import asyncpg
import pytest

from devkit.settings import WORKSPACE
from devkit.stores.databases import DatabaseUrls
from tests.fixtures.databases import content_of
from tests.system.stores.conftest import stores  # noqa: F401
from tests.system.stores.site import Stores

from .domains import Domain, database_settings
from .test_database_commands import run

_SOURCES: Final = sorted(
    path
    for folder in ("packages/servicekit/src", "services")
    for path in (WORKSPACE / folder).rglob("*.py")
    if "/src/" in str(path)
)
_SESSION_SQL: Final = {
    "a parameter of the session": r"(?:\A|;)\s*(?:SET (?:SESSION )?[\w.]+ (?:=|TO)|RESET \w+)",
    "a parameter of the session, by function": r"\bset_config\([^)]*false\)",
    "a listener": r"\A\s*(?:UN)?LISTEN\b",
    "a lock of the session": r"\bpg_(?:try_)?advisory_(?:lock|unlock)(?:_shared|_all)?\(",
    "a temporary table": r"\bCREATE (?:LOCAL |GLOBAL )?TEMP(?:ORARY)?\b|\bINTO TEMP",
    "a cursor that outlives its transaction": r"\bWITH HOLD\b",
    "a prepared statement": r"\A\s*(?:PREPARE \w+|DEALLOCATE)",
    "the end of a session's state": r"\bDISCARD (?:ALL|PLANS|TEMP)\b",
}
_SESSION_METHODS: Final = ("add_listener", "prepare", "set_type_codec", "set_builtin_type_codec", "reload_schema_state")
_ALLOWED: Final = {("connection.py", "a parameter of the session, by function")}
"""`TenantConnection.bind` sets the tenant for the session after it has found that the session is its own."""


def texts_of(path: Path) -> Iterator[str]:
    """The string literals of a module, without docstrings; a formatted one as its constant parts with `x` between."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def session_features(text: str) -> set[str]:
    """What a statement, with its key words in capitals, leaves in the session or needs there."""
    return {name for name, pattern in _SESSION_SQL.items() if re.search(pattern, text)}


def test_no_statement_uses_the_session() -> None:
    found = {(path.name, feature) for path in _SOURCES for text in texts_of(path) for feature in session_features(text)}
    assert found == _ALLOWED


def test_no_code_uses_the_session_of_a_connection() -> None:
    pattern = re.compile(rf"connection\.(?:{'|'.join(_SESSION_METHODS)})\(")
    assert [path.name for path in _SOURCES if pattern.search(path.read_text())] == []


@pytest.mark.parametrize(
    "statement",
    [
        "SET statement_timeout = 1",
        "BEGIN; SET jit = off",
        "RESET ALL",
        "SELECT set_config('a.b', $1, false)",
        "LISTEN changes",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock_shared(1)",
        "CREATE TEMP TABLE t ()",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "PREPARE one AS SELECT 1",
        "DISCARD ALL",
    ],
)
def test_each_feature_of_a_session_is_found(statement: str) -> None:
    assert len(session_features(statement)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL lock_timeout = '3s'",
        "UPDATE t SET a = 1",
        "SELECT set_config('a.b', $1, true)",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_try_advisory_xact_lock(1, 2)",
    ],
)
def test_features_of_a_transaction_are_permitted(statement: str) -> None:
    assert session_features(statement) == set()


async def test_a_database_is_migrated_and_filled_through_a_pooler(
    domain: Domain,
    empty: DatabaseUrls,
    stores: Stores,  # noqa: F811
) -> None:
    pooled = stores.pgbouncer(empty, pool_size=2).urls(empty)
    revisions = []

    async def migrate() -> None:
        revisions.append(await domain.migrate(pooled.owner))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(migrate)
    assert sorted(revisions, key=str) == [(domain.head, domain.head)] * 2 + [(None, domain.head)]
    for _ in range(2):
        filled = await run(domain, "seed", "--size", "20", "--replace", **database_settings(pooled))
        assert filled.exit_code == 0, filled.stderr
    assert any(await content_of(empty, domain.schema, domain.tables))
    server = await asyncpg.connect(pooled.owner, statement_cache_size=0)
    left = await server.fetchrow(
        "SELECT (SELECT count(*) FROM pg_prepared_statements), current_setting('jit'), "
        "current_setting('maintenance_work_mem')"
    )
    await server.close()
    assert tuple(left or ()) == (0, "on", "64MB")
