"""GitHub's nouns as this server returns them, and how each is parsed from GitHub's JSON."""
