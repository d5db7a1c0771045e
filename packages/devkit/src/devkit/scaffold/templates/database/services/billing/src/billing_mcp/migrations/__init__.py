"""Alembic migrations of the billing schema."""
