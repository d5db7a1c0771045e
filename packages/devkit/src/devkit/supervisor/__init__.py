"""Child processes: start, watch, restart and stop them together."""
