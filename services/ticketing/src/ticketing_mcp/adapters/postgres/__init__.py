"""The desk on Postgres."""
