"""Serialises the simulator's state as GitHub's JSON objects, by noun."""
