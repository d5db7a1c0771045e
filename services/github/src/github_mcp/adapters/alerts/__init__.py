"""Security alerts."""
