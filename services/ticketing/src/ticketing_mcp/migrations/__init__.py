"""Alembic migrations of the ticketing schema."""
