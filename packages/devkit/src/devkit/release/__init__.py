"""Versions and releases of single servers."""
