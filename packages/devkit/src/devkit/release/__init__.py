"""Versions and releases of servers, each on its own."""
