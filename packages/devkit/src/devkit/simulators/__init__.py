"""Simulators of the services outside that the fleet talks to. Each speaks the real wire format and says what it is."""
