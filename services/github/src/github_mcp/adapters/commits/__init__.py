"""Commits, branches and history."""
