"""What a merge needs, and merging."""
