"""The development stack: its processes, their environment, databases and sample data."""
