"""Connections to Postgres: pools by role, tenants, replicas and failures."""
