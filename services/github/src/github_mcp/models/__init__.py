"""The nouns of GitHub, as they leave this server, and how each is read from GitHub's JSON."""
