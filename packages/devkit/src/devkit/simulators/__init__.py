"""Simulators of the external services that the servers call, with the real wire format."""
