"""The tools of each toolset."""
