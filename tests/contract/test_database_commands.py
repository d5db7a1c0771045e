"""`migrate` and `seed` of every server with a database, as an operator runs them, and the settings they go by."""

import re
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import anyio
import pytest
from click.testing import Result
from pydantic import SecretStr, ValidationError
from typer.testing import CliRunner

from devkit.stores.databases import DatabaseUrls
from servicekit.cli import database
from tests.fixtures.databases import connected

from .domains import Domain, database_settings, variables

NOT_USED = "postgresql://role:secret@127.0.0.1:1/database"


async def run(domain: Domain, *arguments: str, **settings: str) -> Result:
    environment = variables(domain.description, {"public_url": domain.description.resource, **settings})
    # In a thread, since the commands start an event loop of their own.
    invoke = partial(CliRunner().invoke, domain.program, arguments, env=environment)
    return await anyio.to_thread.run_sync(invoke)


def settings_of(domain: Domain, urls: Mapping[str, str]) -> Any:
    secrets = {name: SecretStr(url) for name, url in urls.items()}
    return domain.settings_type(public_url=domain.description.resource, **secrets)


@pytest.mark.slow
async def test_the_program_starts_without_migration_modules(domain: Domain) -> None:
    script = (
        f"import sys; sys.argv = ['{domain.name}-mcp', '--help']\n"
        f"from {domain.name}_mcp.__main__ import main\n"
        "try: main()\n"
        f"finally: print({{'alembic', 'sqlalchemy', '{domain.name}_mcp.sample_data'}} & set(sys.modules))"
    )
    process = await anyio.run_process([sys.executable, "-c", script])
    output = process.stdout.decode()
    assert all(command in output for command in ("serve", "stdio", "migrate", "seed"))
    assert output.rstrip().endswith("set()")


async def test_a_database_is_migrated_and_filled_once(domain: Domain, empty: DatabaseUrls) -> None:
    command = partial(run, domain, **database_settings(empty))
    early = await command("seed", "--size", "10")
    assert (early.exit_code, early.stdout) == (1, "")
    assert f"Run `{domain.name}-mcp migrate` first." in early.stderr
    assert (await command("migrate")).stdout == f"Migrated to revision {domain.head}.\n"
    assert (await command("migrate")).stdout == f"The database is at revision {domain.head}; nothing to do.\n"
    filled = await command("seed", "--size", "20", "--until", "2026-01-01")
    assert filled.exit_code == 0
    assert re.fullmatch(r"Loaded 20 \w+, up to 2025-12-31\.\n", filled.stdout)
    again = await command("seed", "--size", "20")
    assert again.exit_code == 0
    assert "The database already has data" in again.stdout
    assert (await command("seed", "--size", "30", "--replace")).stdout.startswith("Loaded 30 ")


async def test_an_image_without_sample_data_says_so(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "find_spec", lambda _name: None)
    finished = await run(domain, "seed")
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert finished.stderr == (
        "`seed` is not part of this image: run it from the image with the same tag and -owner, such as "
        f"mcp-{domain.name}:1.2.0-owner.\n"
    )


async def shape(urls: DatabaseUrls, schema: str) -> list[Any]:
    async with connected(urls.owner) as connection:
        return [
            await connection.fetch("SELECT indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY 1", schema),
            await connection.fetch(
                "SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE connamespace = $1::regnamespace ORDER BY 1, 2",
                schema,
            ),
            await connection.fetch(
                "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
                "WHERE relnamespace = $1::regnamespace AND relkind = 'r' ORDER BY 1",
                schema,
            ),
        ]


async def test_seeding_keeps_indexes_references_and_policies(domain: Domain, empty: DatabaseUrls) -> None:
    await domain.migrate(empty.owner)
    before = await shape(empty, domain.schema)
    assert all(before)
    assert (await run(domain, "seed", "--size", "20", **database_settings(empty))).exit_code == 0
    assert await shape(empty, domain.schema) == before


@pytest.mark.parametrize("command", ["migrate", "seed"])
async def test_a_missing_owner_is_named(domain: Domain, command: str) -> None:
    finished = await run(domain, command, reader_url=NOT_USED, writer_url=NOT_USED)
    assert finished.exit_code == 2
    assert f"{domain.description.prefix}OWNER_URL is required" in finished.stderr


@pytest.mark.parametrize("command", ["migrate", "seed"])
async def test_a_database_that_is_away_is_said_plainly(domain: Domain, free_port: int, command: str) -> None:
    url = f"postgresql://{domain.name}_owner:hidden-password@127.0.0.1:{free_port}/{domain.name}"
    finished = await run(domain, command, owner_url=url, reader_url=url, writer_url=url)
    assert finished.exit_code == 1
    assert "cannot be used" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert "hidden-password" not in finished.stderr


@pytest.mark.parametrize("url", ["mysql://a:b@c/d", "postgresql://host/database", "postgresql://role@host", "words"])
@pytest.mark.parametrize("field", ["reader_url", "writer_url"])
def test_a_database_url_is_checked_at_the_start(domain: Domain, field: str, url: str) -> None:
    with pytest.raises(ValidationError, match="postgresql://role:password@host:port/database"):
        settings_of(domain, {"reader_url": NOT_USED, "writer_url": NOT_USED, field: url})


@pytest.mark.parametrize("field", ["reader_url", "writer_url"])
def test_both_serving_roles_are_needed(domain: Domain, field: str) -> None:
    urls = {"reader_url": NOT_USED, "writer_url": NOT_USED}
    del urls[field]
    with pytest.raises(ValidationError, match=field):
        settings_of(domain, urls)


def test_the_url_of_a_replica_is_a_secret(domain: Domain) -> None:
    urls = {"reader_url": NOT_USED, "writer_url": NOT_USED, "replica_url": "postgresql://r:hunter2@replica/database"}
    assert "hunter2" not in repr(settings_of(domain, urls))


async def test_retention_removes_old_months_of_the_audit_trail(domain: Domain, empty: DatabaseUrls) -> None:
    command = partial(run, domain, **database_settings(empty))
    await command("migrate")
    async with connected(empty.writer, "acme") as connection:
        for month in ("2020-01", "2020-02"):
            append = f"SELECT {domain.schema}.append_audit('acme', '{month}-01', $1, '{{ann}}', '{{x}}', 7::smallint)"
            await connection.execute(append, [datetime.fromisoformat(f"{month}-09T00:00:00Z")])
    unlimited = await command("audit", "prune")
    assert (unlimited.exit_code, unlimited.stdout) == (2, "")
    assert "AUDIT_RETENTION_DAYS" in unlimited.stderr
    first = await command("audit", "prune", "--before", "2020-02-20")
    unsigned = "the cut is not signed: AUDIT_ANCHOR_KEYS is not set"
    assert first.stdout == f"Removed acme/2020-01/7 up to #1; {unsigned}.\n"
    kept = partial(command, audit_retention_days="30", audit_anchor_keys="k" * 32)
    assert (await kept("audit", "prune")).stdout == "Removed acme/2020-02/7 up to #1; the cut is signed.\n"
    assert (await kept("audit", "prune")).stdout == "Nothing to remove.\n"
    async with connected(empty.owner) as connection:
        assert await connection.fetchval(f"SELECT array_agg(number) FROM {domain.schema}.audit_cuts") == [1, 1]


async def test_retention_without_a_database_says_so(domain: Domain) -> None:
    settings = {"owner_url": NOT_USED, "writer_url": NOT_USED, "reader_url": NOT_USED}
    failed = await run(domain, "audit", "prune", "--before", "2020-02-20", **settings)
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert "secret" not in failed.stderr
