"""GitHub's JSON objects, made from the simulator's state. One file for each noun."""
