"""The records of the simulated desk."""
