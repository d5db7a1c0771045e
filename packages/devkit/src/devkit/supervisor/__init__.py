"""Starts child processes, restarts them on save and stops them together."""
