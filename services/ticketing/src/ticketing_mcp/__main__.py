"""`ticketing-mcp`: serve over HTTP or stdio; migrate, seed and index the database; check the audit trail."""

import sys

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


@program.command("reindex")
def reindex_command() -> None:
    """Rebuild the search index, after a release whose notes ask for it. Safe to repeat, and while serving."""
    from ticketing_mcp.adapters.postgres.reindex import reindex

    count = run_as_owner(reindex(owner()), "TICKETING_OWNER_URL")
    sys.stdout.write(f"Indexed {count} tickets.\n")


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
