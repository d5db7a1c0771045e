"""The adapter of the API."""
