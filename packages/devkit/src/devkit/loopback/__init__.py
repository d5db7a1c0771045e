"""Servers on the loopback address: ports, health, serving."""
