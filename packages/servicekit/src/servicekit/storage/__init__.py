"""Postgres and Redis: connections, tenant isolation, migrations, and the change feed between replicas."""
