"""The command lines of services: serve, stdio, check, migrate, seed, audit."""

from servicekit.cli.audit import add_audit_commands
from servicekit.cli.audit_database import audit_database_pruner
from servicekit.cli.audit_files import audit_file_opener, audit_file_pruner
from servicekit.cli.database import add_database_commands, run_as_owner
from servicekit.cli.program import command_line

__all__ = [
    "add_audit_commands",
    "add_database_commands",
    "audit_database_pruner",
    "audit_file_opener",
    "audit_file_pruner",
    "command_line",
    "run_as_owner",
]
