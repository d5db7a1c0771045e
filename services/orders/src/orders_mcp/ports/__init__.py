"""Ports: the storage operations that tools use, by noun."""
