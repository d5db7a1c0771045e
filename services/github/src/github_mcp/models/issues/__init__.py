"""Issues, their planning, and alerts."""
