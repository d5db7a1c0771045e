"""The ports on the memory of the process."""
