"""Postgres and Redis: connections bound to the tenant, change feed, migrations, search."""
