"""Ports of the service, by noun. Every method is limited to the caller's grants."""
