"""The database's shape, step by step, and the one way to bring it up to date."""
