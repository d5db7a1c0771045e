"""Caching of responses: the cache, single flight, leases across replicas."""
