"""`ticketing-mcp migrate` and `ticketing-mcp seed`, as an operator runs them."""

import sys
from functools import partial
from typing import Any

import anyio
import pytest
from click.testing import Result
from pydantic import SecretStr, ValidationError
from typer.testing import CliRunner

from devkit.databases import DatabaseUrls
from ticketing_mcp.__main__ import program
from ticketing_mcp.settings import TicketingSettings

BASE = {"TICKETING_PUBLIC_URL": "http://127.0.0.1:8102/mcp"}
BASE_SETTINGS: dict[str, Any] = {"public_url": "http://127.0.0.1:8102/mcp"}
NOT_USED = "postgresql://role:secret@127.0.0.1:1/ticketing"


def secret(urls: dict[str, str]) -> dict[str, Any]:
    return {name: SecretStr(url) for name, url in urls.items()}


async def run(*arguments: str, **environment: str) -> Result:
    # In a thread, since the commands start an event loop of their own.
    invoke = partial(CliRunner().invoke, program, arguments, env={**BASE, **environment})
    return await anyio.to_thread.run_sync(invoke)


def of(urls: DatabaseUrls) -> dict[str, str]:
    return {"TICKETING_OWNER_URL": urls.owner, "TICKETING_READER_URL": urls.reader, "TICKETING_WRITER_URL": urls.writer}


async def test_the_program_runs_and_starts_without_what_only_migrations_need() -> None:
    script = (
        "import sys; sys.argv = ['ticketing-mcp', '--help']\n"
        "from ticketing_mcp.__main__ import main\n"
        "try: main()\n"
        "finally: print({'alembic', 'sqlalchemy', 'ticketing_mcp.sample_data'} & set(sys.modules))"
    )
    process = await anyio.run_process([sys.executable, "-c", script])
    output = process.stdout.decode()
    assert all(command in output for command in ("serve", "stdio", "migrate", "seed"))
    assert output.rstrip().endswith("set()")


async def test_a_database_is_migrated_and_filled_once(empty: DatabaseUrls) -> None:
    early = await run("seed", "--size", "10", **of(empty))
    assert (early.exit_code, early.stdout) == (1, "")
    assert "Run `ticketing-mcp migrate` first." in early.stderr
    assert (await run("migrate", **of(empty))).stdout == "Migrated to revision 0004.\n"
    assert (await run("migrate", **of(empty))).stdout == "The database is at revision 0004; nothing to do.\n"
    filled = await run("seed", "--size", "20", "--until", "2026-01-01", **of(empty))
    assert (filled.exit_code, filled.stdout) == (0, "Loaded 20 tickets, up to 2025-12-31.\n")
    again = await run("seed", "--size", "20", **of(empty))
    assert again.exit_code == 0
    assert "There is data already" in again.stdout
    assert (await run("seed", "--size", "30", "--replace", **of(empty))).stdout.startswith("Loaded 30 tickets")


@pytest.mark.parametrize("command", ["migrate", "seed"])
async def test_a_missing_owner_is_named(urls: DatabaseUrls, command: str) -> None:
    finished = await run(command, TICKETING_READER_URL=urls.reader, TICKETING_WRITER_URL=urls.writer)
    assert finished.exit_code == 2
    assert "TICKETING_OWNER_URL is required" in finished.stderr


@pytest.mark.parametrize("command", ["migrate", "seed"])
async def test_a_database_that_is_away_is_said_plainly(free_port: int, command: str) -> None:
    url = f"postgresql://ticketing_owner:hidden-password@127.0.0.1:{free_port}/ticketing"
    finished = await run(command, TICKETING_OWNER_URL=url, TICKETING_READER_URL=url, TICKETING_WRITER_URL=url)
    assert finished.exit_code == 1
    assert "cannot be used" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert "hidden-password" not in finished.stderr


@pytest.mark.parametrize("url", ["mysql://a:b@c/d", "postgresql://host/database", "postgresql://role@host", "words"])
@pytest.mark.parametrize("field", ["reader_url", "writer_url"])
def test_a_database_url_is_checked_at_the_start(field: str, url: str) -> None:
    urls = {"reader_url": NOT_USED, "writer_url": NOT_USED, field: url}
    with pytest.raises(ValidationError, match="postgresql://role:password@host:port/database"):
        TicketingSettings(**BASE_SETTINGS, **secret(urls))


@pytest.mark.parametrize("field", ["reader_url", "writer_url"])
def test_both_serving_roles_are_needed(field: str) -> None:
    urls = {"reader_url": NOT_USED, "writer_url": NOT_USED}
    del urls[field]
    with pytest.raises(ValidationError, match=field):
        TicketingSettings(**BASE_SETTINGS, **secret(urls))


def test_reads_go_to_the_replica_where_there_is_one() -> None:
    urls = {"reader_url": "postgresql://reader:secret@primary/ticketing", "writer_url": NOT_USED}
    assert TicketingSettings(**BASE_SETTINGS, **secret(urls)).reads_url.endswith("@primary/ticketing")
    urls["replica_url"] = "postgresql://reader:secret@replica/ticketing"
    replica = TicketingSettings(**BASE_SETTINGS, **secret(urls))
    assert replica.reads_url.endswith("@replica/ticketing")
    assert "secret" not in repr(replica)
