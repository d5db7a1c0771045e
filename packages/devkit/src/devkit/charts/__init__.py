"""Renders the Helm charts with Helm, and checks them without a cluster."""
