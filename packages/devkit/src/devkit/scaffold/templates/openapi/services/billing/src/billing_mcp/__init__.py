"""The billing server."""
