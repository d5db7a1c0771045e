"""For tests of services: the official client in memory, and the HTTP server on a free port."""

from servicekit.testing.service import caller, connect, serving

__all__ = [
    "caller",
    "connect",
    "serving",
]
