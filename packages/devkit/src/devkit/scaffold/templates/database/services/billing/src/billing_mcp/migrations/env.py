"""Alembic environment."""

from billing_mcp.migrations.tables import SCHEMA, metadata
from servicekit.storage.migrations import run_env

run_env(metadata, SCHEMA)
