"""Alembic environment."""

from servicekit.storage.migrations import run_environment
from ticketing_mcp.migrations.tables import SCHEMA, metadata

run_environment(metadata, SCHEMA)
