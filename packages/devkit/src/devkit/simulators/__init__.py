"""Simulators of the external services that the fleet calls. Each speaks the real wire format and identifies itself."""
