"""Outbound HTTP: one `Upstream` for each host that a service may reach, and nothing else is reachable."""
