"""`billing-mcp`: serve over HTTP or stdio, and check the audit trail."""

from billing_mcp.app import build
from billing_mcp.settings import BillingSettings
from servicekit.cli import add_audit_commands, audit_file_opener, audit_file_pruner, command_line

program = command_line("billing-mcp", BillingSettings, build)
add_audit_commands(
    program, "billing", BillingSettings, audit_file_opener(BillingSettings), audit_file_pruner(BillingSettings)
)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
