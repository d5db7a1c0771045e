"""Commits and history."""
