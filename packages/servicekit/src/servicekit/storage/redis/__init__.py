"""The shared store, Redis or Valkey: one server, Sentinel or a Cluster."""
