"""The records of the simulated GitHub, by noun."""
