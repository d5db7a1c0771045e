"""`billing-mcp`: serve over HTTP or stdio, migrate and fill the database, check the audit trail."""

from billing_mcp.app import SCHEMA, build
from billing_mcp.settings import BillingSettings
from servicekit.cli import add_audit_commands, add_database_commands, audit_database_pruner, command_line
from servicekit.journal.postgres import audit_trail

program = command_line("billing-mcp", BillingSettings, build)
owner = add_database_commands(program, BillingSettings, package="billing_mcp", noun="invoices")
prune = audit_database_pruner(owner, SCHEMA, BillingSettings)
add_audit_commands(program, "billing", BillingSettings, lambda: audit_trail(owner(), SCHEMA), prune)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
