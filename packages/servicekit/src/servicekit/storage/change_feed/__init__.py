"""Announces changed resources to the replicas that listen to their tenant."""
