"""What generators of sample data share: chance that is the same everywhere, and loading in bulk."""
