"""The command lines of services: serve, stdio, migrate, seed, audit."""

from servicekit.cli.audit import add_audit_commands, trail_in_file
from servicekit.cli.database import add_database_commands
from servicekit.cli.program import command_line

__all__ = [
    "add_audit_commands",
    "add_database_commands",
    "command_line",
    "trail_in_file",
]
