"""The tools of each toolset, with their scopes."""
