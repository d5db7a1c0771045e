"""What operators see: traces, logs, and what must never be in them."""
