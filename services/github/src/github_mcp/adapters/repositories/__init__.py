"""Repositories and their files."""
