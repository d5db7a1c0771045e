"""Checks, workflow runs and their logs."""
