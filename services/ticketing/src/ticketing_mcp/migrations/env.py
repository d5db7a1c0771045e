"""Alembic environment."""

from servicekit.storage.migrations import run_env
from ticketing_mcp.migrations.tables import SCHEMA, metadata

run_env(metadata, SCHEMA)
