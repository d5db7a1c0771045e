"""Checks, jobs, logs and runs."""
