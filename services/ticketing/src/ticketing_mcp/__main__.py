"""`ticketing-mcp`: serve over HTTP or stdio; migrate, seed and index the database; check the audit trail."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.cli import (
    add_audit_commands,
    add_database_commands,
    audit_database_pruner,
    audit_file_opener,
    audit_file_pruner,
    command_line,
    run_as_owner,
)
from servicekit.journal.postgres import audit_trail
from servicekit.journal.protocol import Journal
from servicekit.settings import load
from ticketing_mcp.app import SCHEMA, build
from ticketing_mcp.settings import TicketingSettings

program = command_line("ticketing-mcp", TicketingSettings, build)
owner = add_database_commands(program, TicketingSettings, package="ticketing_mcp", noun="tickets")


@asynccontextmanager
async def _trail() -> AsyncIterator[Journal]:
    """The audit trail, where the backend keeps it."""
    in_database = load(TicketingSettings).uses_database
    async with audit_trail(owner(), SCHEMA) if in_database else audit_file_opener(TicketingSettings)() as journal:
        yield journal


async def _prune(before: datetime | None, keys: AnchorKeys | None) -> list[str]:
    """Shorten the audit trail, where the backend keeps it."""
    if load(TicketingSettings).uses_database:
        return await audit_database_pruner(owner, SCHEMA, TicketingSettings)(before, keys)
    return await audit_file_pruner(TicketingSettings)(before, keys)


add_audit_commands(program, "ticketing", TicketingSettings, _trail, _prune)


@program.command("reindex")
def reindex_command(
    since: Annotated[datetime | None, typer.Option(help="Only tickets changed since then (UTC).")] = None,
) -> None:
    """Rebuild the search index: after messages came in, or a release whose notes ask for it. Safe while serving."""
    from ticketing_mcp.adapters.postgres.reindex import reindex

    count = run_as_owner(reindex(owner(), since.replace(tzinfo=UTC) if since else None), "TICKETING_OWNER_URL")
    sys.stdout.write(f"Indexed {count} tickets.\n")


@program.command("due-times")
def due_times(tenant: Annotated[str, typer.Argument(help="The tenant whose tickets to compute.")]) -> None:
    """Store the due times of a tenant's tickets again, after its service levels or queues were changed."""
    from ticketing_mcp.adapters.postgres.due_times import store_due_times  # the driver delays each start

    changed = run_as_owner(store_due_times(owner(), tenant), "TICKETING_OWNER_URL")
    sys.stdout.write(f"Stored the due times of {changed} tickets.\n")


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
