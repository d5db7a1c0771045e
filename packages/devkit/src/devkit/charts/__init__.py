"""Helm charts: rendered with the real Helm, and checked without a cluster."""
