"""The ports on Postgres."""
