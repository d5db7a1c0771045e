"""The checkout: its services, settings and state directory."""
