"""The rules of a merge."""
