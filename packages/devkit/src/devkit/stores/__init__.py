"""Real Postgres and Valkey, from binaries in the development environment or from containers."""
