"""`ticketing-mcp`: serve over HTTP or stdio, migrate the database, load sample data, check the audit trail,
store due times again."""

import sys
from typing import Annotated

import typer

from servicekit.cli import (
    add_audit_commands,
    add_database_commands,
    audit_database_pruner,
    command_line,
    run_as_owner,
)
from servicekit.journal.postgres import audit_trail
from ticketing_mcp.app import SCHEMA, build
from ticketing_mcp.settings import TicketingSettings

program = command_line("ticketing-mcp", TicketingSettings, build)
owner = add_database_commands(program, TicketingSettings, package="ticketing_mcp", noun="tickets")
prune = audit_database_pruner(owner, SCHEMA, TicketingSettings)
add_audit_commands(program, "ticketing", TicketingSettings, lambda: audit_trail(owner(), SCHEMA), prune)


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
