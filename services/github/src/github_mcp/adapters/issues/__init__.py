"""Issues and their planning."""
