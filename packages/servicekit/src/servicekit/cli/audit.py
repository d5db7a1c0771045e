"""`audit verify` and `audit tail`: the trail of a service, checked and read by its operator."""

import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from servicekit.core.errors import Unavailable
from servicekit.journal.disabled import file_trail
from servicekit.journal.hash_chain import verify
from servicekit.journal.protocol import Journal

OpenTrail = Callable[[], AbstractAsyncContextManager[Journal]]


def add_audit_commands(program: typer.Typer, open_trail: OpenTrail) -> None:
    """Give a service's command line the two commands.

    Args:
        open_trail: opens the journal as somebody who may read all of it.
    """
    commands = typer.Typer(name="audit", no_args_is_help=True, help="Check and read the audit trail.")

    @commands.command("verify")
    def verify_trail() -> None:
        """Walk every chain and name each entry that is not what it was when written. Exit status 1 if there is one."""
        _run(_verify(open_trail))

    @commands.command()
    def tail(
        count: Annotated[int, typer.Option(min=1, max=10_000, help="How many entries of each chain.")] = 20,
    ) -> None:
        """Print the latest entries of each chain, one JSON object a line."""
        _run(_tail(open_trail, count))

    program.add_typer(commands)


def trail_in_file(audit_file: Callable[[], Path | None], variable: str) -> OpenTrail:
    """What opens the trail of one process, to be read beside it: of a service that keeps it in a file.

    Args:
        audit_file: which file, as the settings have it.
        variable: where an operator says so.
    """

    @asynccontextmanager
    async def opened() -> AsyncIterator[Journal]:
        file = audit_file()
        if file is None or not file.exists():
            sys.stderr.write(f"{variable} names no file, so there is no trail.\n")
            raise SystemExit(2)
        yield file_trail(file)

    return opened


async def _verify(open_trail: OpenTrail) -> int:
    async with open_trail() as journal:
        verdict = await verify(journal.trail())
    for problem in verdict.problems:
        sys.stdout.write(f"BROKEN {problem}\n")
    for chain, head in verdict.heads.items():
        sys.stdout.write(f"head {chain} {head}\n")
    state = f"{len(verdict.problems)} broken places" if verdict.problems else "every one as it was written"
    sys.stdout.write(f"{verdict.entries} entries in {len(verdict.heads)} chains, {state}.\n")
    return 1 if verdict.problems else 0


async def _tail(open_trail: OpenTrail, count: int) -> int:
    latest: dict[str, deque[tuple[int, str]]] = {}
    async with open_trail() as journal:
        async for chain, number, text, _, _ in journal.trail():
            latest.setdefault(chain, deque(maxlen=count)).append((number, text))
    for entries in latest.values():
        for number, text in entries:
            sys.stdout.write(json.dumps({"number": number, **json.loads(text)}, ensure_ascii=False) + "\n")
    return 0


def _run(work: Coroutine[Any, Any, int]) -> None:
    """Run to the end, and end the process with the status that came of it."""
    try:
        status = asyncio.run(work)
    except Unavailable as error:
        sys.stderr.write(f"{error}\n")
        status = 2
    raise SystemExit(status)
