"""Traces, metrics and logs, and what must never be in them."""
