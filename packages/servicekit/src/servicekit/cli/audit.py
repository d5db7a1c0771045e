"""The commands `audit verify` and `audit tail`, with which operators check and read the audit trail."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from servicekit.core.errors import Unavailable
from servicekit.journal.disabled import file_trail
from servicekit.journal.hash_chain import verify
from servicekit.journal.protocol import Journal

OpenJournal = Callable[[], AbstractAsyncContextManager[Journal]]


def add_audit_commands(program: typer.Typer, open_journal: OpenJournal) -> None:
    """Add the commands `audit verify` and `audit tail` to a service's command line.

    Args:
        program: the service's command line.
        open_journal: opens the journal with the right to read every chain.
    """
    commands = typer.Typer(name="audit", no_args_is_help=True, help="Check and read the audit trail.")

    @commands.command("verify")
    def verify_trail() -> None:
        """Verify every hash chain and print each entry that was changed. Exit status 1 if there is one."""
        _run(_verify(open_journal))

    @commands.command()
    def tail(
        count: Annotated[int, typer.Option(min=1, max=10_000, help="The number of entries of each chain.")] = 20,
    ) -> None:
        """Print the latest entries of each chain as JSON, one per line."""
        _run(_tail(open_journal, count))

    program.add_typer(commands)


def audit_file_opener(audit_file: Callable[[], Path | None], variable: str) -> OpenJournal:
    """A function that opens the audit file of a service without a database, also while the service runs.

    Args:
        audit_file: returns the path from the settings.
        variable: the environment variable of that setting, for the error.
    """

    @asynccontextmanager
    async def opened() -> AsyncIterator[Journal]:
        file = audit_file()
        if file is None or not file.exists():
            sys.stderr.write(f"{variable} names no existing file. Set it to the service's audit file.\n")
            raise SystemExit(2)
        yield file_trail(file)

    return opened


async def _verify(open_journal: OpenJournal) -> int:
    async with open_journal() as journal:
        verdict = await verify(journal.trail())
    for problem in verdict.problems:
        sys.stdout.write(f"BROKEN {problem}\n")
    for chain, head in verdict.heads.items():
        sys.stdout.write(f"head {chain} {head}\n")
    state = f"{len(verdict.problems)} problems" if verdict.problems else "all unchanged"
    sys.stdout.write(f"{verdict.entries} entries in {len(verdict.heads)} chains, {state}.\n")
    return 1 if verdict.problems else 0


async def _tail(open_journal: OpenJournal, count: int) -> int:
    async with open_journal() as journal:
        async for stored in journal.latest(count):
            members = {"number": stored.number, **json.loads(stored.text)}
            sys.stdout.write(json.dumps(members, ensure_ascii=False) + "\n")
    return 0


def _run(work: Coroutine[Any, Any, int]) -> None:
    """Run a command and exit with its status."""
    try:
        status = asyncio.run(work)
    except Unavailable as error:
        sys.stderr.write(f"{error}\n")
        status = 2
    raise SystemExit(status)
