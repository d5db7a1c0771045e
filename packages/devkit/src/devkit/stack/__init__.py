"""The development stack: its processes, their environment, databases and data."""
