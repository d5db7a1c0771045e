"""The real backends behind the ports."""
