"""Tools of the service."""
