"""The command lines of services: serve, stdio, migrate, seed, audit."""

from servicekit.cli.audit import add_audit_commands, audit_file_opener
from servicekit.cli.database import add_database_commands
from servicekit.cli.program import command_line

__all__ = [
    "add_audit_commands",
    "add_database_commands",
    "audit_file_opener",
    "command_line",
]
