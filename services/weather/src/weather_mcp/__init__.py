"""The weather server."""
