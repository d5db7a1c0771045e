"""`orders-mcp`: serve over HTTP or stdio, migrate the database, load sample data, check the audit trail."""

from orders_mcp.app import SCHEMA, build
from orders_mcp.settings import OrdersSettings
from servicekit.cli import add_audit_commands, add_database_commands, audit_database_pruner, command_line
from servicekit.journal.postgres import audit_trail

program = command_line("orders-mcp", OrdersSettings, build)
owner = add_database_commands(program, OrdersSettings, package="orders_mcp", noun="orders")
prune = audit_database_pruner(owner, SCHEMA, OrdersSettings)
add_audit_commands(program, "orders", OrdersSettings, lambda: audit_trail(owner(), SCHEMA), prune)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
