"""`ticketing-mcp`: serve over HTTP or stdio, migrate the database, load sample data, check the audit trail."""

from servicekit.cli import add_audit_commands, add_database_commands, audit_database_pruner, command_line
from servicekit.journal.postgres import audit_trail
from ticketing_mcp.app import SCHEMA, build
from ticketing_mcp.settings import TicketingSettings

program = command_line("ticketing-mcp", TicketingSettings, build)
owner = add_database_commands(program, TicketingSettings, package="ticketing_mcp", noun="tickets")
prune = audit_database_pruner(owner, SCHEMA, TicketingSettings)
add_audit_commands(program, "ticketing", TicketingSettings, lambda: audit_trail(owner(), SCHEMA), prune)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
