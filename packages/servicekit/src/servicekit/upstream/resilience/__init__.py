"""Protection of an upstream: circuit breaker, retry budget, quotas."""
