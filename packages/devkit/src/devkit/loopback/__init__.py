"""Servers on the loopback address: ports, health checks, serving."""
