"""Realistic data of any size. The same seed, size and last day make the same rows, byte for byte, on every machine."""
